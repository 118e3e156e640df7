/** Admission policies as short descriptions, and the two objects that each becomes. */
import { EXECUTOR_NAMESPACE, INSTALLATION } from '../../src/plan/names.ts';
import type { Manifest } from './yaml.ts';

export interface Policy {
  /** Behind the prefix that all policies share. */
  readonly name: string;
  readonly rules: readonly Rule[];
  readonly exceptRules?: readonly Rule[];
  /** Only what happens in this namespace. */
  readonly namespace?: string;
  /** All must hold for the policy to apply; names to CEL. */
  readonly conditions?: Readonly<Record<string, string>>;
  /** Whether the expressions read the installation's ConfigMap as `params`. */
  readonly readsInstallation?: boolean;
  /** Names to CEL; evaluated when they are first used. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly validations: readonly Validation[];
}

export interface Rule {
  readonly groups: readonly string[];
  readonly versions: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly ('CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT' | '*')[];
}

export interface Validation {
  /** CEL; true lets the request pass. */
  readonly expression: string;
  /** What the refused person reads: a fixed text, or CEL that makes one. */
  readonly message: string | { readonly cel: string };
}

export const POLICY_PREFIX = 'kubernetes-executor-';

/** The policy and its binding. Every refusal is a 403: without a reason it would be a 422, like a failed precondition. */
export function renderPolicy(policy: Policy): readonly Manifest[] {
  const name = `${POLICY_PREFIX}${policy.name}`;
  const apiVersion = 'admissionregistration.k8s.io/v1';
  return [
    { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata: { name }, spec: policySpec(policy) },
    {
      apiVersion,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: {
        policyName: name,
        validationActions: ['Deny'],
        ...(policy.readsInstallation === true ? { paramRef: installationRef() } : {}),
      },
    },
  ];
}

function policySpec(policy: Policy): Manifest {
  return {
    failurePolicy: 'Fail',
    ...(policy.readsInstallation === true ? { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } } : {}),
    matchConstraints: {
      ...(policy.namespace === undefined ? {} : { namespaceSelector: inNamespace(policy.namespace) }),
      resourceRules: policy.rules.map(renderRule),
      ...(policy.exceptRules === undefined
        ? {}
        : { excludeResourceRules: policy.exceptRules.map(renderRule) }),
    },
    ...(policy.conditions === undefined ? {} : { matchConditions: named(policy.conditions) }),
    ...(policy.variables === undefined ? {} : { variables: named(policy.variables) }),
    validations: policy.validations.map(renderValidation),
  };
}

function renderRule(rule: Rule): Manifest {
  const { groups, versions, resources, operations } = rule;
  return { apiGroups: groups, apiVersions: versions, resources, operations };
}

function renderValidation({ expression, message }: Validation): Manifest {
  const said = typeof message === 'string' ? { message } : { messageExpression: tidy(message.cel) };
  return { expression: tidy(expression), reason: 'Forbidden', ...said };
}

function named(expressions: Readonly<Record<string, string>>): readonly Manifest[] {
  return Object.entries(expressions).map(([name, expression]) => ({ name, expression: tidy(expression) }));
}

function inNamespace(name: string): Manifest {
  return { matchLabels: { 'kubernetes.io/metadata.name': name } };
}

function installationRef(): Manifest {
  return { name: INSTALLATION, namespace: EXECUTOR_NAMESPACE, parameterNotFoundAction: 'Deny' };
}

/** Takes away the indentation that an expression has in its source file. */
function tidy(expression: string): string {
  const lines = expression.split('\n').filter((line) => line.trim() !== '');
  const indents = lines.slice(1).map((line) => line.length - line.trimStart().length);
  const least = Math.min(...indents);
  return lines.map((line, at) => (at === 0 ? line.trim() : line.slice(least).trimEnd())).join('\n');
}
