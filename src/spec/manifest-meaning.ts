/** What each of the manifest's shapes asks for. */
import { selectorText } from '../plan/labels.ts';
import type { Asked, Said, Tightening } from './asked.ts';
import { NOT_TIGHTENED } from './asked.ts';
import type { V1Manifest } from './manifest-v1.ts';
import { type ObjectManifest, ONE_OF_NAME_AND_SELECTOR, type UnionManifest } from './manifest-v1alpha1.ts';
import { present } from './present.ts';
import type { Locate, Path } from './problems.ts';

/** Parameters that the older form has for every action. */
const COMMON_PARAMETERS = ['grace-period-seconds', 'expected-conditions', 'custom-config'];

const V1_TARGET: Path = ['spec', 'actionDefinition', 'targetResource'];
const OBJECT_TARGET: Path = ['spec', 'action', 'target'];

/** Whether the path leads to the place of the target in one of the shapes, or into it. */
export function isOfTarget(path: Path): boolean {
  return [V1_TARGET, OBJECT_TARGET].some((at) => at.every((step, index) => path[index] === step));
}

export function askedByV1({ metadata, spec }: V1Manifest, locate: Locate): Asked {
  const at: Path = ['spec', 'actionDefinition'];
  const { actionType, targetResource, parameters } = spec.actionDefinition;
  return {
    action: { text: actionType, where: locate([...at, 'actionType']) },
    ...targetOfV1(targetResource, locate),
    parameters: {
      values: parameters ?? {},
      locate: (path) => locate([...at, 'parameters', ...path]),
      form: 'plain',
      common: COMMON_PARAMETERS,
    },
    tightening: tightenedByV1(spec.executionConfig),
    labels: labelsOf(metadata, {
      'workflow-execution': qualified(spec.workflowExecutionRef),
      step: spec.workflowExecutionRef?.stepId,
      'alert-remediation': qualified(spec.alertRemediationRef),
      priority: spec.executionConfig?.priority,
    }),
  };
}

type AskedOn = Pick<Asked, 'target' | 'selection' | 'unnamed' | 'namespace'>;

function targetOfV1(
  resource: V1Manifest['spec']['actionDefinition']['targetResource'],
  locate: Locate,
): AskedOn {
  if (resource === undefined) return missingTarget(locate(V1_TARGET));
  const { kind, name, namespace, apiVersion, labels = {} } = resource;
  const said = sayAt(locate, V1_TARGET);
  const ofKind = {
    kind: said('kind', kind),
    ...(apiVersion === undefined ? {} : { apiVersion: said('apiVersion', apiVersion) }),
  };
  const inNamespace = namespace === undefined ? {} : { namespace: said('namespace', namespace) };
  if (name !== undefined) return { target: { ...ofKind, name: said('name', name) }, ...inNamespace };
  const selector = selectorText({ matchLabels: labels });
  if (selector !== '') return { selection: { ...ofKind, labels: said('labels', selector) }, ...inNamespace };
  const problem = { where: locate(V1_TARGET), message: 'names no target; expected name, or labels' };
  return { unnamed: { ...ofKind, problem }, ...inNamespace };
}

function missingTarget(where: string): AskedOn {
  return { unnamed: { problem: { where, message: 'is missing; expected a map' } } };
}

function tightenedByV1({
  timeout,
  retryPolicy,
  safetyConfig,
  validationConfig,
}: NonNullable<V1Manifest['spec']['executionConfig']> = {}): Tightening {
  return {
    ...present('timeoutSeconds', timeout),
    ...present('retries', retryPolicy?.maxRetries),
    ...present('verifyTimeoutSeconds', validationConfig?.healthCheckTimeout),
    requireApproval: safetyConfig?.requireApproval ?? false,
    undoOnFailure: safetyConfig?.rollbackConfig?.enableAutoRollback ?? false,
  };
}

export function askedByUnion({ metadata, spec }: UnionManifest, locate: Locate): Asked {
  return {
    action: { text: spec.action, where: locate(['spec', 'action']) },
    parameters: {
      values: spec.parameters,
      locate: (path) => locate(['spec', 'parameters', ...path]),
      form: 'members',
      common: [],
    },
    tightening: {
      ...NOT_TIGHTENED,
      ...present('timeoutSeconds', spec.timeout),
      ...present('retries', spec.maxRetries),
    },
    labels: labelsOf(metadata, referencesOf(spec)),
  };
}

export function askedByObject({ metadata, spec }: ObjectManifest, locate: Locate): Asked {
  const { type, target, parameters } = spec.action;
  return {
    action: { text: type, where: locate(['spec', 'action', 'type']) },
    ...targetOfObject(target, locate),
    parameters: {
      values: parameters ?? {},
      locate: (path) => locate(['spec', 'action', 'parameters', ...path]),
      form: 'plain',
      common: [],
    },
    tightening: {
      ...NOT_TIGHTENED,
      ...present('timeoutSeconds', spec.timeout),
      ...present('retries', spec.maxRetries),
    },
    labels: labelsOf(metadata, referencesOf(spec)),
  };
}

function targetOfObject(target: ObjectManifest['spec']['action']['target'], locate: Locate): AskedOn {
  if (target === undefined) return missingTarget(locate(OBJECT_TARGET));
  const { resourceKind, resourceName, selector, namespace } = target;
  const said = sayAt(locate, OBJECT_TARGET);
  const kind = resourceKind === undefined ? {} : { kind: said('resourceKind', resourceKind) };
  const inNamespace = namespace === undefined ? {} : { namespace: said('namespace', namespace) };
  if (resourceName !== undefined) {
    return { target: { ...kind, name: said('resourceName', resourceName) }, ...inNamespace };
  }
  if (selector !== undefined) {
    return { selection: { ...kind, labels: said('selector', selector) }, ...inNamespace };
  }
  const problem = { where: locate(OBJECT_TARGET), message: ONE_OF_NAME_AND_SELECTOR };
  return { unnamed: { ...kind, problem }, ...inNamespace };
}

function referencesOf(
  spec: UnionManifest['spec'] | ObjectManifest['spec'],
): Record<string, string | undefined> {
  const step = spec.workflowExecutionRef?.stepId ?? spec.stepNumber ?? spec.stepIndex;
  return {
    'workflow-execution': qualified(spec.workflowExecutionRef),
    step: step === undefined ? undefined : String(step),
  };
}

function labelsOf(
  metadata: V1Manifest['metadata'],
  references: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const named = Object.entries({ ...references, manifest: qualified(metadata) });
  const given = named.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...metadata?.labels, ...Object.fromEntries(given) };
}

/** `namespace/name`. */
function qualified(
  reference: { readonly name?: string | undefined; readonly namespace?: string | undefined } | undefined,
): string | undefined {
  if (reference?.name === undefined) return undefined;
  return reference.namespace === undefined ? reference.name : `${reference.namespace}/${reference.name}`;
}

function sayAt(locate: Locate, at: Path): (field: string, text: string) => Said {
  return (field, text) => ({ text, where: locate([...at, field]) });
}
