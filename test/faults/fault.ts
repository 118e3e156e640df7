/** What a fault is, and what it gets hold of. */
import type { RunningStep } from '../e2e/harness/run-action.ts';
import type { DisturbingProxy } from './disturbing-proxy.ts';
import type { Eyes } from './eyes.ts';
import type { HostsFile } from './hosts-file.ts';
import type { Target } from './scenarios.ts';
import type { Stage, Tracker } from './stages.ts';

export interface Run {
  readonly target: Target;
  readonly running: RunningStep;
  /** Between the step and the API server. */
  readonly proxy: DisturbingProxy;
  readonly tracker: Tracker;
  readonly eyes: Eyes;
  /** Where the step looks the API server's name up. */
  readonly names: HostsFile;
}

export interface Fault {
  readonly name: string;
  /** Of those of the cluster only one can be at work, and all executions under way suffer it. */
  readonly kind: 'step' | 'executor' | 'network' | 'cluster';
  readonly stages: readonly Stage[];
  /** Added to the step's environment from its start on. */
  readonly env?: Readonly<Record<string, string>>;
  /** Other inputs than all have. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Whether the execution must come to its good end all the same. */
  readonly survives?: (stage: Stage) => boolean;
  /** After the fault; for what ends the step itself. */
  readonly endsWithinSeconds?: number;
  /** Resolves when it is over, or goes on by itself. */
  inject(run: Run): Promise<void>;
}
