/** What Jobs may be created in the executor's namespace, by whom, and what may become of them. */
import { ANNOTATION, EXECUTOR_NAMESPACE, GROUP, LABEL, undoSecretOf } from '../../src/plan/names.ts';
import {
  argumentsWith,
  declaredBy,
  IS_SYSTEM,
  listOf,
  MOUNTED_PLAN,
  mayDo,
  onlyKeys,
  quote,
  ROLLS_BACK_EXECUTION,
  USER,
  WHAT_AND_WHERE,
} from './cel.ts';
import { SHAPE_VARIABLES, templateShape } from './pod-shape.ts';
import type { Policy, Validation } from './policy.ts';

/** A pod's name is its Job's and six characters more; what is longer than 63 is cut, which would let names collide. */
const LONGEST_NAME = 57;
const LONGEST_JOB_SECONDS = 14_400;
const LONGEST_KEPT_SECONDS = 86_400;

const OUR_LABELS = [
  LABEL.action,
  LABEL.executionId,
  LABEL.namespace,
  LABEL.scope,
  LABEL.rollsBack,
  LABEL.rehearses,
];
const OUR_ANNOTATIONS = [
  ANNOTATION.createdBy,
  ANNOTATION.planHash,
  ANNOTATION.valuesHash,
  ANNOTATION.rollbackSettings,
  ANNOTATION.target,
  ANNOTATION.summary,
];
const JOB_CONTROLLER_LABELS = [
  'controller-uid',
  'job-name',
  'batch.kubernetes.io/controller-uid',
  'batch.kubernetes.io/job-name',
];
/** Keep sidecars out of the pod and autoscalers off it. */
const OPT_OUT_LABELS = { 'sidecar.istio.io/inject': 'false' };
const OPT_OUT_ANNOTATIONS = {
  'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
  'karpenter.sh/do-not-disrupt': 'true',
  'linkerd.io/inject': 'disabled',
  'sidecar.istio.io/inject': 'false',
};

const JOBS = { groups: ['batch'], versions: ['v1'], resources: ['jobs'] };

/** Created by somebody whom RBAC lets plan or execute that action there, and in the one shape that the executor has. */
export const createJobs: Policy = {
  name: 'jobs',
  rules: [{ ...JOBS, operations: ['CREATE'] }],
  namespace: EXECUTOR_NAMESPACE,
  readsInstallation: true,
  variables: {
    ...declaredBy('object'),
    annotations: 'object.metadata.?annotations.orValue({})',
    job: 'object.metadata.name',
    ...MOUNTED_PLAN,
    spec: 'dyn(object.spec)',
    meta: 'dyn(object.spec.template).?metadata.orValue({})',
    templateLabels: 'dyn(variables.meta.?labels.orValue({}))',
    templateAnnotations: 'dyn(variables.meta.?annotations.orValue({}))',
    pod: 'dyn(object.spec.template).?spec.orValue({})',
    planHash: `variables.annotations[?${quote(ANNOTATION.planHash)}].orValue('')`,
    ...SHAPE_VARIABLES,
  },
  validations: [
    ...authority(),
    ...naming(),
    ...jobSettings(),
    ...templateMetadata(),
    ...templateShape(argumentsWith('variables.planHash')),
  ],
};

function authority(): readonly Validation[] {
  const verb = "(request.dryRun || variables.rehearses ? 'plan' : 'execute')";
  return [
    {
      expression: mayDo(verb),
      message: { cel: `${USER} + ' may not ' + ${verb} + ' ' + ${WHAT_AND_WHERE}` },
    },
    {
      expression: `variables.annotations[?${quote(ANNOTATION.createdBy)}].orValue('') == ${USER}`,
      message: {
        cel: `${quote(`the annotation ${ANNOTATION.createdBy} must be the requesting user, `)} + ${USER}`,
      },
    },
  ];
}

function naming(): readonly Validation[] {
  return [
    {
      expression: `variables.job.size() <= ${LONGEST_NAME} && variables.job.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')`,
      message: `the name of an execution's Job has ${LONGEST_NAME} characters at most, all of them small letters, digits and hyphens`,
    },
    {
      expression: `variables.action.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$') && (variables.inCluster
        ? !(${quote(LABEL.namespace)} in variables.labels)
        : !(${quote(LABEL.scope)} in variables.labels) && variables.target.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'))`,
      message: `an execution's Job has the label ${LABEL.action} and either ${LABEL.namespace} or ${LABEL.scope}=cluster`,
    },
    {
      expression: `variables.labels[?${quote(LABEL.executionId)}].orValue('') == variables.job`,
      message: `the label ${LABEL.executionId} must be the Job's name`,
    },
    ROLLS_BACK_EXECUTION,
    {
      expression: `!(${quote(LABEL.rehearses)} in variables.labels) || (variables.rehearses && variables.rollsBack == '')`,
      message: `the label ${LABEL.rehearses} must be true, and is not for a rollback`,
    },
    {
      expression: `variables.planHash.matches('^sha256:[0-9a-f]{64}$')`,
      message: `the annotation ${ANNOTATION.planHash} must be sha256: and 64 hexadecimal digits`,
    },
    {
      expression: `!(${quote(ANNOTATION.valuesHash)} in variables.annotations) || variables.valuesHash.matches('^sha256:[0-9a-f]{64}$')`,
      message: `the annotation ${ANNOTATION.valuesHash} must be sha256: and 64 hexadecimal digits`,
    },
    {
      expression: `(variables.rollsBack == '') == !(${quote(ANNOTATION.rollbackSettings)} in variables.annotations) &&
        variables.rollbackSettings.matches('^[a-z0-9=,-]{0,200}$')`,
      message: `a rollback, and nothing else, has the annotation ${ANNOTATION.rollbackSettings}: small letters, digits, hyphens, commas and equals signs`,
    },
    {
      expression: `!variables.job.endsWith(${quote(undoSecretOf(''))})`,
      message: `no execution's Job may be called like what the undo of another is kept in: …${undoSecretOf('')}`,
    },
    {
      expression: `variables.labels.all(k, !k.startsWith(${quote(`${GROUP}/`)}) || k in ${listOf(OUR_LABELS)}) &&
        variables.annotations.all(k, !k.startsWith(${quote(`${GROUP}/`)}) || k in ${listOf(OUR_ANNOTATIONS)})`,
      message: `labels and annotations of ${GROUP} are the executor's own`,
    },
    {
      expression: `object.metadata.?finalizers.orValue([]).size() == 0`,
      message: "an execution's Job has no finalizers",
    },
  ];
}

function jobSettings(): readonly Validation[] {
  return [
    onlyKeys(
      'variables.spec',
      [
        'activeDeadlineSeconds',
        'backoffLimit',
        'completionMode',
        'completions',
        'manualSelector',
        'parallelism',
        'podReplacementPolicy',
        'selector',
        'suspend',
        'template',
        'ttlSecondsAfterFinished',
      ],
      "an execution's Job",
    ),
    {
      expression: `variables.spec.?backoffLimit.orValue(6) == 0 && variables.spec.?completions.orValue(1) == 1 &&
        variables.spec.?parallelism.orValue(1) == 1 && variables.spec.?completionMode.orValue('NonIndexed') == 'NonIndexed' &&
        variables.spec.?podReplacementPolicy.orValue('') == 'Failed' && variables.spec.?manualSelector.orValue(false) == false`,
      message:
        "an execution's Job runs one pod once: backoffLimit 0, podReplacementPolicy Failed, one completion, no selector of its own",
    },
    {
      expression: `variables.spec.?ttlSecondsAfterFinished.orValue(${LONGEST_KEPT_SECONDS + 1}) <= ${LONGEST_KEPT_SECONDS} &&
        variables.spec.?activeDeadlineSeconds.orValue(${LONGEST_JOB_SECONDS + 1}) <= ${LONGEST_JOB_SECONDS}`,
      message: `an execution's Job has a ttlSecondsAfterFinished of ${LONGEST_KEPT_SECONDS} at most and an activeDeadlineSeconds of ${LONGEST_JOB_SECONDS} at most`,
    },
  ];
}

function templateMetadata(): readonly Validation[] {
  const labels = 'variables.templateLabels';
  const annotations = 'variables.templateAnnotations';
  const own = (keys: readonly string[], template: string, job: string) =>
    `${listOf(keys)}.all(k, ${template}[?k] == ${job}[?k])`;
  return [
    onlyKeys(
      'variables.meta',
      ['annotations', 'creationTimestamp', 'labels'],
      "the metadata of the Job's template",
    ),
    onlyKeys(
      labels,
      [...OUR_LABELS, ...JOB_CONTROLLER_LABELS, ...Object.keys(OPT_OUT_LABELS)],
      "the labels of the Job's template",
    ),
    onlyKeys(
      annotations,
      [...OUR_ANNOTATIONS, ...Object.keys(OPT_OUT_ANNOTATIONS)],
      "the annotations of the Job's template",
    ),
    {
      expression: `${own(OUR_LABELS, labels, 'dyn(variables.labels)')} &&
        ${listOf(OUR_ANNOTATIONS)}.all(k, !(k in ${annotations}) || ${annotations}[?k] == dyn(variables.annotations)[?k]) &&
        ${optOuts(labels, OPT_OUT_LABELS)} && ${optOuts(annotations, OPT_OUT_ANNOTATIONS)}`,
      message:
        "the labels and annotations of the Job's template differ from the Job's own, or let sidecars or evictions in",
    },
  ];
}

function optOuts(map: string, values: Readonly<Record<string, string>>): string {
  const entries = Object.entries(values).map(([key, value]) => `${quote(key)}: ${quote(value)}`);
  return `{${entries.join(', ')}}.all(k, !(k in ${map}) || ${map}[k] == {${entries.join(', ')}}[k])`;
}

/** A queue may suspend and resume a Job; what it runs, for whom, and how long stays, or becomes less. */
export const keepJobs: Policy = {
  name: 'jobs-stay',
  rules: [{ ...JOBS, operations: ['UPDATE'] }],
  namespace: EXECUTOR_NAMESPACE,
  variables: { new: 'dyn(object.spec)', old: 'dyn(oldObject.spec)' },
  validations: [
    {
      expression: `[variables.new, variables.old].all(each, each.all(k,
        k in ['suspend', 'activeDeadlineSeconds', 'ttlSecondsAfterFinished'] || variables.new[?k] == variables.old[?k]))`,
      message: 'the Job of an execution is immutable, also while it is suspended',
    },
    {
      expression: `['activeDeadlineSeconds', 'ttlSecondsAfterFinished'].all(k,
        variables.new[?k].orValue(2147483647) <= variables.old[?k].orValue(2147483647))`,
      message: "the deadline and the time to live of an execution's Job may only be shortened",
    },
    {
      expression: `${sameKeys('labels', OUR_LABELS)} && ${sameKeys('annotations', OUR_ANNOTATIONS)}`,
      message: `labels and annotations of ${GROUP} are immutable`,
    },
  ],
};

function sameKeys(field: 'labels' | 'annotations', keys: readonly string[]): string {
  return `${listOf(keys)}.all(k, object.metadata.?${field}[?k] == oldObject.metadata.?${field}[?k])`;
}

/**
 * An execution is stopped by deleting its Job or shortening its pod's life: by those who could have started it. With a
 * finished Job goes the record that undoes it, so this too takes `execute`.
 */
export const stopExecutions: Policy = {
  name: 'stop',
  rules: [
    { ...JOBS, operations: ['DELETE'] },
    { groups: [''], versions: ['v1'], resources: ['pods'], operations: ['UPDATE', 'DELETE'] },
  ],
  namespace: EXECUTOR_NAMESPACE,
  conditions: { 'not-kubernetes-itself': `!${IS_SYSTEM}` },
  variables: declaredBy('oldObject'),
  validations: [
    {
      expression: mayDo("(variables.rehearses ? 'plan' : 'execute')"),
      message: { cel: `${USER} + ' may not stop an execution of ' + ${WHAT_AND_WHERE}` },
    },
  ],
};
