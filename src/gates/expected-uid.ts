import { say } from '../plan/objects.ts';
import { type Gate, pass } from './gate.ts';

/** An object that was deleted and made anew under its name is another one: who looked at the first has not seen the second. */
export const expectedUid: Gate = {
  name: 'expected-uid',
  judge({ draft, options }) {
    const expected = options.expectedUid;
    if (expected === undefined) return pass(this.name, 'expected-uid is not set');
    const { target } = draft;
    if (target.uid === expected) return pass(this.name, `${say(target)} has the uid that was expected`);
    return {
      gate: this.name,
      verdict: 'refuse',
      reasonCode: 'target-replaced',
      message:
        target.uid === undefined
          ? `${say(target)} stands for several objects, so expected-uid can't be held against it`
          : `${say(target)} has the uid ${target.uid}, not ${expected}: another object has taken its place`,
      remedy: 'Look at the object again, and give its uid, or leave expected-uid out.',
    };
  },
};
