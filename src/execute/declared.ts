/** What the Job says of itself in its arguments, which admission holds against its labels and annotations. */
import { hashPlan } from '../plan/hash.ts';
import type { ResourcePath } from '../plan/objects.ts';
import type { Envelope, Plan, PlannedRequest, Scope } from '../plan/plan.ts';

export interface Declared {
  readonly planHash: string;
  readonly action: string;
  readonly scope: Scope;
  /** For a rollback: the execution to undo, whose plan is mounted in place of one of its own. */
  readonly rollsBack?: string;
}

/** The arguments of the executor's container, built by the step and read by the executor. */
export function writeArguments({ planHash, action, scope, rollsBack }: Declared): readonly string[] {
  const where = scope.kind === 'namespace' ? `--namespace=${scope.namespace}` : '--cluster';
  const undo = rollsBack === undefined ? [] : [`--rolls-back=${rollsBack}`];
  return [`--plan-hash=${planHash}`, `--action=${action}`, where, ...undo];
}

export function readArguments(args: readonly string[]): Declared {
  const value = (name: string): string => {
    const found = args.find((arg) => arg.startsWith(`--${name}=`));
    return found === undefined ? '' : found.slice(name.length + 3);
  };
  const scope: Scope = args.includes('--cluster')
    ? { kind: 'cluster' }
    : { kind: 'namespace', namespace: value('namespace') };
  const rollsBack = value('rolls-back');
  return {
    planHash: value('plan-hash'),
    action: value('action'),
    scope,
    ...(rollsBack === '' ? {} : { rollsBack }),
  };
}

/** What is wrong with the plan for this Job; the empty list when nothing is. */
export function findMisfits(envelope: Envelope, declared: Declared): readonly string[] {
  const { plan } = envelope;
  return [
    ...(hashPlan(plan) === declared.planHash ? [] : ['the plan is not the one whose hash the Job declares']),
    ...(plan.action === declared.action
      ? []
      : [`the plan is of ${plan.action}, the Job of ${declared.action}`]),
    ...allRequests(plan).flatMap((request) => misplaced(request, declared.scope)),
  ];
}

function allRequests(plan: Plan): readonly PlannedRequest[] {
  return plan.undo.kind === 'requests' ? [...plan.requests, ...plan.undo.requests] : plan.requests;
}

/** A namespaced Job writes in its namespace; a cluster-scoped one where its ClusterRole lets it. */
function misplaced(request: PlannedRequest, scope: Scope): readonly string[] {
  if (scope.kind === 'cluster') return [];
  return isIn(request.path, scope.namespace)
    ? []
    : [`"${request.summary}" is not for namespace ${scope.namespace}, which the Job declares`];
}

function isIn(path: ResourcePath, namespace: string): boolean {
  return path.namespace === namespace;
}
