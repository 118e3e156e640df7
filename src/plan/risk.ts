/**
 * The risk of a plan, from factors that anybody can see and add up. The score is their sum, at most 1; the levels
 * begin at 0, 0.25, 0.5 and 0.75. The weights are this product's judgement: no source defines any.
 */
import type { Plan } from './plan.ts';

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
  const cordons = plan.requests.some(
    ({ effect, verb }) => verb === 'patch' && effect.kind === 'fields' && effect.object.resource === 'nodes',
  );
  return [
    ...(cordons ? [{ name: 'node', weight: 0.15, detail: 'what pods a node takes is changed' }] : []),
    ...(toZero ? [{ name: 'to-zero', weight: 0.5, detail: 'nothing serves any more at 0 replicas' }] : []),
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

function surroundings({ environment }: RiskInput): readonly RiskFactor[] {
  return PRODUCTION.test(environment)
    ? [{ name: 'production', weight: 0.2, detail: `the environment is ${environment}` }]
    : [];
}
