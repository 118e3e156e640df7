import { type Gate, pass } from './gate.ts';

/** An early word only: the executor takes the lock, and it alone decides. */
export const unlocked: Gate = {
  name: 'unlocked',
  judge({ holders, request }) {
    if (holders === undefined)
      return {
        gate: this.name,
        verdict: 'warn',
        reasonCode: 'locked',
        message: 'the locks could not be read; the executor decides',
      };
    const held = holders.find((one) => one.holder !== '');
    if (!held) return pass(this.name, 'no other execution holds the target');
    return {
      gate: this.name,
      verdict: 'warn',
      reasonCode: 'locked',
      message: `${held.target} is locked by execution pod ${held.holder}; on-locked is ${request.settings.onLocked}`,
    };
  },
};
