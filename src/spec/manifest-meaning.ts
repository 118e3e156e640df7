/** What each of the manifest's shapes asks for. */
import { selectorText } from '../plan/labels.ts';
import type { Asked, Said, Tightening } from './asked.ts';
import { NOT_TIGHTENED } from './asked.ts';
import type { V1Manifest } from './manifest-v1.ts';
import type { ObjectManifest, UnionManifest } from './manifest-v1alpha1.ts';
import { present } from './present.ts';
import type { Locate, Path } from './problems.ts';

/** Parameters that the older form has for every action. */
const COMMON_PARAMETERS = ['grace-period-seconds', 'expected-conditions', 'custom-config'];

export function askedByV1({ metadata, spec }: V1Manifest, locate: Locate): Asked {
  const at: Path = ['spec', 'actionDefinition'];
  const { actionType, targetResource, parameters } = spec.actionDefinition;
  const { kind, name, namespace, apiVersion, labels = {} } = targetResource;
  const said = sayAt(locate, [...at, 'targetResource']);
  const ofKind = {
    kind: said('kind', kind),
    ...(apiVersion === undefined ? {} : { apiVersion: said('apiVersion', apiVersion) }),
  };
  return {
    action: { text: actionType, where: locate([...at, 'actionType']) },
    ...(name === undefined
      ? { selection: { ...ofKind, labels: said('labels', selectorText({ matchLabels: labels })) } }
      : { target: { ...ofKind, name: said('name', name) } }),
    ...(namespace === undefined ? {} : { namespace: said('namespace', namespace) }),
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
  const said = sayAt(locate, ['spec', 'action', 'target']);
  const kind = target.resourceKind === undefined ? {} : { kind: said('resourceKind', target.resourceKind) };
  return {
    action: { text: type, where: locate(['spec', 'action', 'type']) },
    ...(target.selector === undefined
      ? { target: { ...kind, name: said('resourceName', target.resourceName ?? '') } }
      : { selection: { ...kind, labels: said('selector', target.selector) } }),
    ...(target.namespace === undefined ? {} : { namespace: said('namespace', target.namespace) }),
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
