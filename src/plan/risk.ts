/**
 * The risk of a plan, from factors that anybody can see and add up. The score is their sum, at most 1; the levels
 * begin at 0, 0.25, 0.5 and 0.75. The weights are this product's judgement: no source defines any.
 */
import type { Effect, Plan } from './plan.ts';

export type RiskLevel = 'low' | 'medium' | 'high' | 'critical';
export const RISK_LEVELS: readonly RiskLevel[] = ['low', 'medium', 'high', 'critical'];

export interface Risk {
  readonly level: RiskLevel;
  /** 0 to 1. */
  readonly score: number;
  readonly factors: readonly RiskFactor[];
}

export interface RiskFactor {
  readonly name: string;
  readonly weight: number;
  readonly detail: string;
}

export interface RiskInput {
  readonly plan: Pick<Plan, 'requests' | 'undo'>;
  readonly podsAffected: number;
  readonly environment: string;
}

const WORKLOADS = [
  'deployments.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'replicasets.apps',
  'replicationcontrollers',
];
const PRODUCTION = /^prod(uction)?$|^live$/i;

export function assessRisk(input: RiskInput): Risk {
  const factors =
    input.plan.requests.length === 0
      ? []
      : [...reversibility(input), ...blastRadius(input), ...surroundings(input)];
  const score = Math.min(1, Math.round(factors.reduce((sum, factor) => sum + factor.weight, 0) * 100) / 100);
  const level = RISK_LEVELS[Math.min(3, Math.floor(score * 4))] ?? 'critical';
  return { level, score, factors };
}

function reversibility({ plan }: RiskInput): readonly RiskFactor[] {
  const cannot = plan.requests.filter((request) => request.rehearsal !== 'yes').length;
  const leaves = plan.undo.kind === 'requests' ? plan.undo.leaves : undefined;
  return [
    ...(leaves === undefined ? [] : [{ name: 'partly-irreversible', weight: 0.15, detail: leaves }]),
    ...(plan.undo.kind === 'irreversible'
      ? [{ name: 'irreversible', weight: 0.25, detail: plan.undo.reason }]
      : []),
    ...(cannot > 0
      ? [{ name: 'not-rehearsed', weight: 0.2, detail: `${cannot} requests can't be rehearsed` }]
      : []),
  ];
}

function blastRadius({ plan, podsAffected }: RiskInput): readonly RiskFactor[] {
  const toZero = plan.requests.some(
    ({ effect }) =>
      effect.kind === 'fields' &&
      effect.fields.some((field) => field.pointer === '/spec/replicas' && field.after === 0),
  );
  // One that has no pods serves no less once it is gone.
  const isGone = podsAffected > 0 && plan.requests.some(({ effect }) => endsWorkload(effect));
  const cordons = plan.requests.some(
    ({ effect, verb }) => verb === 'patch' && effect.kind === 'fields' && effect.object.resource === 'nodes',
  );
  return [
    ...(cordons ? [{ name: 'node', weight: 0.15, detail: 'what pods a node takes is changed' }] : []),
    ...(toZero || isGone ? [{ name: 'to-zero', weight: 0.5, detail: sayToZero(toZero) }] : []),
    ...(podsAffected > 10
      ? [
          {
            name: 'many-pods',
            weight: podsAffected > 50 ? 0.3 : 0.15,
            detail: `${podsAffected} pods are affected`,
          },
        ]
      : []),
  ];
}

/** Pods are deleted so that others take their place; what keeps them up is not. */
function endsWorkload(effect: Effect): boolean {
  if (effect.kind !== 'gone') return false;
  const { group, resource } = effect.object;
  return WORKLOADS.includes(group === '' ? resource : `${resource}.${group}`);
}

function sayToZero(isScaled: boolean): string {
  return isScaled
    ? 'nothing serves any more at 0 replicas'
    : 'nothing serves any more of a workload that is deleted';
}

function surroundings({ environment }: RiskInput): readonly RiskFactor[] {
  return PRODUCTION.test(environment)
    ? [{ name: 'production', weight: 0.2, detail: `the environment is ${environment}` }]
    : [];
}
