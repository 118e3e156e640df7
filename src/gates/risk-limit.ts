import { RISK_LEVELS } from '../plan/risk.ts';
import { type Gate, pass } from './gate.ts';

export const riskLimit: Gate = {
  name: 'risk-limit',
  judge({ risk, options }) {
    if (RISK_LEVELS.indexOf(risk.level) <= RISK_LEVELS.indexOf(options.maxRisk)) {
      return pass(this.name, `risk ${risk.level}, max-risk is ${options.maxRisk}`);
    }
    return {
      gate: this.name,
      verdict: 'refuse',
      reasonCode: 'risk-too-high',
      message: `risk ${risk.level} (${risk.factors.map((factor) => factor.detail).join('; ')}) is above max-risk ${options.maxRisk}`,
      remedy: 'Make the change smaller, or raise max-risk.',
    };
  },
};
