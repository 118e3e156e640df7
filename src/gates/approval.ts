import { type Gate, pass } from './gate.ts';

/** A spec may ask for a person's word; the plan's hash, approved between two jobs, is that word. */
export const approval: Gate = {
  name: 'approval',
  judge({ request, mode }) {
    if (!request.requireApproval) return pass(this.name, 'the spec asks for no approval');
    if (mode !== 'run')
      return pass(
        this.name,
        mode === 'apply' ? 'plan-hash is the approval' : 'nothing is changed in this mode',
      );
    return {
      gate: this.name,
      verdict: 'refuse',
      reasonCode: 'approval-required',
      message: 'the spec asks for approval',
      remedy:
        'Run with mode plan, have its plan-hash approved (a GitHub environment does), then run with mode apply and that plan-hash.',
    };
  },
};
