/** The closed list behind the output `reason-code`; `docs/reason-codes.md` is generated from it. */
export const REASON_CODES = {
  ok: 'The change was made and verified, or all that was asked for was collected.',
  'no-change': 'The cluster already was as asked; nothing was sent.',
  planned: 'Planned and rehearsed; nothing was changed.',
  simulated: 'No cluster was contacted.',
  'input-invalid':
    'Inputs or spec are wrong; the message lists all problems, the first hundred at most. No cluster was contacted.',
  'credentials-missing': 'No credentials were given. On forks and Dependabot runs secrets are empty.',
  'credentials-invalid':
    'The credentials could not be used: unreadable, expired, or refused by the server (401).',
  'cluster-unreachable': 'No answer from the API server, or one that is not of an API server.',
  'server-too-old': 'The API server is older than Kubernetes 1.30.',
  'installation-missing': 'The executor is not installed in this cluster.',
  'installation-outdated': 'The installation does not know this version of the executor.',
  'permission-missing':
    "The caller or the action's ServiceAccount lacks a right; the message has the YAML to apply.",
  'permission-unknown': 'A permission could not be asked for; unknown counts as missing.',
  'target-not-found': 'The target does not exist.',
  'target-unsuitable':
    "The action can't be done on this target, for example a pod that nothing would recreate, or a change too large for one plan.",
  'target-replaced': 'The target has another uid than `expected-uid`: it was made anew.',
  'rollout-paused': "The workload's rollout is paused.",
  'too-many-targets': 'The selector selects more than max-targets.',
  'collect-incomplete': 'Not all that was to be collected could be read; the message lists what is missing.',
  'protected-namespace': 'The namespace is protected.',
  'gitops-managed': 'A GitOps tool or Helm owns the fields and would change them back.',
  'node-protected':
    'The node must stay as it is: control plane, the last one that takes pods, or too few nodes.',
  'disruption-budget':
    'A PodDisruptionBudget does not let go of pods; the message names it and what to change.',
  'autoscaler-managed': 'An autoscaler owns the number of replicas.',
  'risk-too-high': 'The risk is above max-risk.',
  'replica-change-too-large': 'The change of replicas is above max-replica-change.',
  'approval-required': 'The spec asks for approval: use mode plan, then mode apply.',
  'plan-changed': 'What would be done is no longer what was approved.',
  'rehearsal-refused': 'The API server refused the change in the dry run.',
  'field-conflict': 'Another field manager owns fields that the manifest sets; the message names both.',
  locked: 'Another execution works on this target.',
  'not-begun':
    'An execution before it in the spec did not succeed or was skipped, so this one was not begun.',
  'execute-forbidden':
    'The API server refused the Job or the Secret with its plan: the caller may not execute this action here, or an admission policy forbids it.',
  'job-not-started':
    "The executor's pod could not be created or did not start; the message has the cluster's own words.",
  'schedule-timeout': "The executor's pod was not running within schedule-timeout.",
  'image-pull-failed': 'An image could not be pulled.',
  'container-failing': 'A container does not start or keeps crashing.',
  'rollout-stuck': 'The rollout does not get on.',
  'quota-exceeded': 'A quota or limit leaves no room for the pods.',
  unschedulable: 'No node takes the pods.',
  conflict: 'Somebody changed the object between plan and execution.',
  'request-refused': 'The API server refused a request of the plan.',
  'request-unknown': 'It is not known whether a request was carried out.',
  'verify-timeout': 'What was to be verified did not come true in verify-timeout.',
  'run-timeout': 'The executor did not end within run-timeout.',
  timeout: 'The whole run did not end within timeout.',
  'rollback-failed': 'The undo failed or could not be verified.',
  'rollback-conflict':
    'The undo was refused: somebody changed the same field after us, or the object that is to be deleted again.',
  'rollback-expired': "The execution's record is gone; its undo with it.",
  irreversible: 'The action has no undo.',
  interrupted:
    'Somebody else stopped the executor (its pod was evicted, preempted or deleted, its Job suspended or deleted) or started it a second time; the message says who, and what was undone.',
  'executor-lost':
    "The executor's pod vanished, was killed, or was lost with its node before it wrote its verdict; the message says whether it may have changed anything.",
  'plan-invalid': 'The executor refused its plan: hash or namespace do not fit.',
  cancelled: 'The workflow was cancelled.',
  'internal-error': 'A bug of this action.',
} as const;

export type ReasonCode = keyof typeof REASON_CODES;
