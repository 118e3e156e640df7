/** The script that the action is held against: the same change by a Job of kubectl, without looking first or after. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess } from '../test/e2e/harness/running-process.ts';

export interface Scripting extends Disposable {
  /** Resolves with the milliseconds from start to exit; throws, with all it said, when it failed. */
  scale(change: ScriptedChange): Promise<number>;
}

export interface ScriptedChange {
  readonly name: string;
  readonly replicas: number;
  /** Ends with `kubectl rollout status`, so that it too knows that the pods are there. */
  readonly waits: boolean;
}

const SCRIPT = `set -e
kubectl create job "$JOB" --image="$IMAGE" -- kubectl scale "deployment/$NAME" --replicas="$REPLICAS"
kubectl wait --for=condition=complete --timeout=60s "job/$JOB"
kubectl logs "job/$JOB"
if [ "$WAITS" = true ]; then kubectl rollout status "deployment/$NAME" --timeout=60s; fi
`;

/** Keeps one home folder for all runs: from the second on, kubectl's discovery is cached. */
export function openScripting(kubeconfig: string, serverVersion: string): Scripting {
  const home = mkdtempSync(join(tmpdir(), 'kubernetes-executor-bench-'));
  const file = join(home, 'kubeconfig');
  writeFileSync(file, kubeconfig, { mode: 0o600 });
  const image = `registry.k8s.io/kubectl:${serverVersion.replace(/[-+].*$/, '')}`;
  return {
    scale: async ({ name, replicas, waits }) => {
      const env = {
        PATH: process.env['PATH'] ?? '',
        HOME: home,
        KUBECONFIG: file,
        JOB: `scale-${crypto.randomUUID().slice(0, 8)}`,
        IMAGE: image,
        NAME: name,
        REPLICAS: String(replicas),
        WAITS: String(waits),
      };
      const ended = await startProcess('bash', ['-c', SCRIPT], { cwd: home, env }).ended;
      if (ended.exitCode !== 0) throw new Error(`the script failed:\n${ended.lines.join('\n')}`);
      return ended.milliseconds;
    },
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
}
