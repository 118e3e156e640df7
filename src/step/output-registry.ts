/** All outputs of the action; `action.yml` and the README's table come from here. */

export interface OutputDefinition {
  readonly name: string;
  /** Markdown, one line. */
  readonly description: string;
}

export const OUTPUTS = [
  {
    name: 'result',
    description:
      '`succeeded`, `failed`, `refused`, `rolled-back`, `rollback-failed`, `cancelled`, `timed-out`, `skipped`, `planned` or `simulated`. The step fails unless it is `succeeded`, `planned`, `simulated` or `skipped`.',
  },
  { name: 'reason-code', description: 'Why, as one of a [closed list](docs/reason-codes.md).' },
  {
    name: 'message',
    description: 'Why, in a sentence: what failed, on which object, what the cluster said, what to do.',
  },
  {
    name: 'changed',
    description:
      '`true` if the cluster is not as it was before, or may not be; so `false` after a change that was undone. For a plan, `true` if it would be changed.',
  },
  { name: 'execution-id', description: 'Names this execution; its labels and `mode: rollback` have it.' },
  { name: 'plan-hash', description: 'Hash of the plan, for `mode: apply`.' },
  { name: 'plan-artifact-id', description: 'Id of the artifact that holds the plan.' },
  { name: 'risk-level', description: '`low`, `medium`, `high` or `critical`.' },
  {
    name: 'environment',
    description:
      'What was acted upon: the label `kubernaut.io/environment` or `environment` of the namespace, else its name; `cluster` for an action outside namespaces, `unknown` where the namespace was not read. Never empty.',
  },
  { name: 'job-name', description: 'Name of the Job.' },
  { name: 'job-namespace', description: 'Namespace of the Job.' },
  {
    name: 'exit-code',
    description:
      "Exit code of the executor's container, not of the step: as its verdict says, else as it was seen to end; empty where neither is known.",
  },
  { name: 'effectiveness-score', description: 'From 0 to 1: how much of what was to be verified came true.' },
  { name: 'duration-seconds', description: 'From start to report.' },
  { name: 'logs-complete', description: "`true` if the Job's log was read to its end." },
  { name: 'artifact-id', description: 'Id of the uploaded artifact; empty where there is none.' },
  { name: 'artifact-url', description: 'Where to download it.' },
  { name: 'artifact-name', description: 'Its name.' },
  { name: 'artifact-digest', description: 'Its SHA-256.' },
  { name: 'report-file', description: 'Path of the report on the runner.' },
  {
    name: 'report',
    description:
      'The report: a `KubernetesExecution` with its status, as JSON of at most 48 KiB; it says so where it was shortened.',
  },
] as const satisfies readonly OutputDefinition[];

export type OutputName = (typeof OUTPUTS)[number]['name'];

export const OUTPUT_DEFINITIONS: readonly (OutputDefinition & { readonly name: OutputName })[] = OUTPUTS;
