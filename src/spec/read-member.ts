import { isRecord } from '../plan/json.ts';
import type { AskedParameters, AskedTarget, Said } from './asked.ts';
import type { FoundAction } from './find-action.ts';
import { MOST_SUGGESTIONS, nearest } from './nearest.ts';
import { present } from './present.ts';
import type { Report } from './problems.ts';
import { MOST_PROBLEMS, quote } from './problems.ts';
import { isKindWord } from './read-target.ts';
import { camelOf, isSameName } from './spelling.ts';

export interface Member {
  readonly target?: AskedTarget;
  readonly namespace?: Said;
  readonly parameters: AskedParameters;
}

/** The member of a typed union that is named like the action, with target and namespace taken out of it. */
export function readMember(asked: AskedParameters, found: FoundAction, report: Report): Member | undefined {
  const names = [found.action.name, ...found.action.aliases];
  const members = Object.keys(asked.values);
  const own = members.find((member) => names.some((name) => isSameName(member, name)));
  const others = members.filter((member) => member !== own).slice(0, MOST_PROBLEMS + 1);
  for (const [index, other] of others.entries()) {
    const near = index < MOST_SUGGESTIONS ? nearest(other, names.map(camelOf)) : undefined;
    report({
      where: asked.locate([other]),
      message: sayOther(other, found.action.name),
      ...present('nearest', near),
    });
  }
  if (own !== undefined) return splitMember(own, { asked, found, report });
  if (members.length === 0) {
    const expected = camelOf(found.action.name);
    report({ where: asked.locate([]), message: `is empty; expected the member ${expected}` });
  }
  return undefined;
}

function sayOther(member: string, name: string): string {
  return `${quote(member)} is not of the action ${name}; expected ${camelOf(name)} alone`;
}

interface Splitting {
  readonly asked: AskedParameters;
  readonly found: FoundAction;
  readonly report: Report;
}

function splitMember(member: string, { asked, found, report }: Splitting): Member {
  const inside = asked.values[member];
  const fields = Object.entries(isRecord(inside) ? inside : {});
  const isOfTarget = (key: string): boolean => key === 'namespace' || targetWord(key, found) !== undefined;
  const parameters = fields.filter(([key]) => !isOfTarget(key));
  // With nothing behind it one is not given; of parameters that may mean "remove".
  const words = fields.filter(([key, value]) => isOfTarget(key) && value !== null);
  const say = ([key, value]: readonly [string, unknown]): readonly [string, Said][] => {
    const where = asked.locate([member, key]);
    if (typeof value === 'string') return [[key, { text: value, where }]];
    report({ where, message: `${quote(value)} is not text` });
    return [];
  };
  const [target, ...more] = words.filter(([key]) => key !== 'namespace').flatMap(say);
  const [namespace] = words.filter(([key]) => key === 'namespace').flatMap(say);
  for (const [key, { where }] of more) report({ where, message: `${quote(key)} names a second target` });
  return {
    ...(target === undefined ? {} : { target: askedTarget(target, found) }),
    ...(namespace === undefined ? {} : { namespace: namespace[1] }),
    parameters: {
      ...asked,
      values: Object.fromEntries(parameters),
      locate: (path) => asked.locate([member, ...path]),
      form: 'plain',
    },
  };
}

function askedTarget([key, name]: readonly [string, Said], found: FoundAction): AskedTarget {
  return { kind: { text: targetWord(key, found) ?? key, where: name.where }, name };
}

/** `deployment`, `configMap`, `podName`: the kind that a member's field names. */
function targetWord(key: string, { kinds }: FoundAction): string | undefined {
  const word = key.replace(/Name$/, '');
  return kinds.some((kind) => isKindWord(word, kind)) ? word : undefined;
}
