/** All inputs of the action. `action.yml`, the README's table and the check for misspelt names come from here. */
import { CREDENTIAL_INPUTS } from './credential-input-registry.ts';
import type { InputDefinition } from './input-definition.ts';

export const INPUTS = [
  {
    name: 'action',
    group: 'what',
    description:
      'What to do: the name of an action of the [catalogue](docs/actions.md), such as `scale-deployment`.',
  },
  {
    name: 'target',
    group: 'what',
    description: 'What to do it to: `deployment/web`, or `web` where the first kind of the action is meant.',
  },
  {
    name: 'selector',
    group: 'what',
    description:
      'Instead of `target`, for actions that take several: all objects with these labels, `app=web,tier in (a,b)`. Pods, unless a spec names another kind.',
  },
  {
    name: 'namespace',
    group: 'what',
    description: "Namespace of the target. Default: the context's, else `default`.",
  },
  {
    name: 'parameters',
    group: 'what',
    description: "The action's parameters as a YAML map: `replicas: 3`.",
  },
  {
    name: 'secret-values',
    group: 'what',
    secret: true,
    description:
      "For `update-secret`: a YAML or JSON map from key to text, masked, and in no log, output or artifact. Through the expression `toJSON(secrets.PASSWORD)` every value arrives as it is; see the README's section [Secrets](#secrets).",
  },
  {
    name: 'manifest-file',
    group: 'what',
    description:
      'For actions that take the parameter `manifest`: a file of the workspace with its text, at most 100 KiB. They have no `target`.',
  },
  {
    name: 'spec',
    group: 'what',
    description:
      'Instead of those above: one or several [`KubernetesExecution` manifests](docs/spec.md), YAML or JSON, at most 100 KiB. Several documents are carried out in order.',
  },
  {
    name: 'spec-file',
    group: 'what',
    description: 'The same in a file of the workspace.',
  },
  {
    name: 'mode',
    group: 'how',
    default: 'run',
    description:
      '`run`; `plan`: stop after the rehearsal; `apply`: run only if the plan still has `plan-hash`; `rollback`: undo `execution-id`; `simulate`: read inputs and spec, contact no cluster.',
  },
  {
    name: 'plan-hash',
    group: 'how',
    description: 'For `mode: apply`: the output `plan-hash` of the run that was approved.',
  },
  {
    name: 'execution-id',
    group: 'how',
    description:
      'For `mode: rollback`: the output `execution-id` of the run to undo, with the same action, target and namespace as that run; parameters are not read. Kept for 24 hours.',
  },
  {
    name: 'timeout',
    group: 'how',
    default: '15m',
    description: 'For everything from start to report. Durations are written as in Go: `90s`, `5m`, `1h30m`.',
  },
  {
    name: 'schedule-timeout',
    group: 'how',
    default: '2m',
    description: "Until the executor's pod runs.",
  },
  {
    name: 'run-timeout',
    group: 'how',
    default: '10m',
    description: "From then until the executor's end, verification and undo included.",
  },
  {
    name: 'verify-timeout',
    group: 'how',
    description:
      'For the verification, at most what `run-timeout` leaves. Default: that of the action, see the [catalogue](docs/actions.md).',
  },
  {
    name: 'soak',
    group: 'how',
    default: '0s',
    description: 'How long what was verified must go on holding, within `verify-timeout`.',
  },
  {
    name: 'on-failure',
    group: 'how',
    default: 'rollback',
    description:
      '`rollback`: undo a change that failed or could not be verified; `keep`: leave it, also when the run is cancelled.',
  },
  {
    name: 'on-locked',
    group: 'how',
    default: 'fail',
    description:
      'When another execution works on the target: `fail`, `wait` (for `lock-timeout`) or `skip`, with which the step succeeds.',
  },
  {
    name: 'lock-timeout',
    group: 'how',
    default: '5m',
    description: 'How long `on-locked: wait` waits. It counts in `run-timeout`.',
  },
  {
    name: 'retries',
    group: 'how',
    default: '2',
    description:
      'From 0 to 5: how often a Job is begun again, under a new name, whose pod the cluster itself took away (evicted, preempted, lost with its node) before anything was sent. Nothing that may have been carried out is ever sent again. All attempts share `timeout`.',
  },
  {
    name: 'gitops',
    group: 'how',
    default: 'refuse',
    description:
      'When a GitOps tool or Helm owns what is to be changed and would change it back: `refuse` or `warn`.',
  },
  {
    name: 'force',
    group: 'how',
    default: 'false',
    description:
      'Go on where an autoscaler, a GitOps tool or Helm owns what is to be changed, where a drain loses pods that no controller makes anew, or where a pod is deleted against its disruption budget; take fields of a manifest over from other field managers. Nothing else can be forced.',
  },
  {
    name: 'max-risk',
    group: 'how',
    default: 'critical',
    description: 'The highest risk that is run: `low`, `medium`, `high` or `critical`.',
  },
  {
    name: 'max-replica-change',
    group: 'how',
    description:
      'By how many replicas an execution may change workloads at most, those of what it deletes included. Default: no limit.',
  },
  {
    name: 'expected-uid',
    group: 'how',
    description:
      'Refuse a target that has another `metadata.uid`: it was deleted and made anew since somebody looked at it.',
  },
  {
    name: 'max-targets',
    group: 'how',
    description: 'How many objects a `selector` may select; more are refused. Default: 10.',
  },
  {
    name: 'job-namespace',
    group: 'how',
    default: 'kubernetes-executor',
    description:
      'Namespace of the executor, in which the Jobs run. It must be that of the installation, whose policies and roles name it: another than the default takes manifests that were edited for it.',
  },
  {
    name: 'job-labels',
    group: 'how',
    description: 'Labels for the Job, `key=value` separated by commas or one per line.',
  },
  {
    name: 'job-annotations',
    group: 'how',
    description:
      'Annotations for the Job, `key=value` separated by commas; one per line where a value has a comma.',
  },
  {
    name: 'stream-logs',
    group: 'how',
    default: 'true',
    description: "Print the Job's log while it runs. The artifact has it in any case.",
  },
  {
    name: 'upload-artifact',
    group: 'how',
    default: 'always',
    description: 'Upload log, plan and report: `always`, `on-failure` or `never`.',
  },
  {
    name: 'artifact-name',
    group: 'how',
    description: 'Default: a name that is unique in the workflow run, as one of your own must be too.',
  },
  {
    name: 'retention-days',
    group: 'how',
    description: "How long the artifact is kept. Default: the repository's setting.",
  },
  ...CREDENTIAL_INPUTS,
] as const satisfies readonly InputDefinition[];

export type InputName = (typeof INPUTS)[number]['name'];

/** The same, where the names need not be known one by one. */
export const INPUT_DEFINITIONS: readonly (InputDefinition & { readonly name: InputName })[] = INPUTS;
