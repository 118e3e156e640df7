/**
 * RBAC knows verbs, not fields. These policies hold the ServiceAccount of an action to the fields that its entry
 * names. They compare objects as plain maps, so a field that Kubernetes gains later is held as well.
 */
import type { PolicyRule, WritableFields } from '../../src/catalog/action.ts';
import { GROUP, rehearsingAccountOf, serviceAccountOf } from '../../src/plan/names.ts';
import { listOf, mayUse, quote, USER, userOf } from './cel.ts';
import type { Policy, Validation } from './policy.ts';

/** Stands in a path for every member of a list whose members have names, such as containers; one field may follow. */
export const EACH = '*';

/** The API server keeps these itself. */
const KEPT_BY_SERVER = ['managedFields', 'resourceVersion', 'generation'].map((key) => ['metadata', key]);

/** What may be written below a field; a map without members is a field that may be written whole. */
type Writable = Map<string, Writable>;

/** What of a catalogue entry the policies follow from. */
export interface FieldsOfAction {
  readonly name: string;
  readonly permissions: readonly PolicyRule[];
  readonly writableFields: readonly WritableFields[];
}

/** One policy per resource. An entry that may write a resource without saying which fields is refused. */
export function fieldPolicies(action: FieldsOfAction): readonly Policy[] {
  const unheld = action.permissions
    .filter(({ verbs }) => verbs.some((verb) => ['update', 'patch', '*'].includes(verb)))
    .flatMap(({ apiGroups, resources }) =>
      resources.flatMap((resource) => apiGroups.map((group) => ({ group, resource }))),
    )
    .filter(({ resource }) => !resource.includes('/'))
    .filter(
      ({ group, resource }) =>
        !action.writableFields.some((one) => one.apiGroup === group && one.resource === resource),
    );
  if (unheld.length > 0) {
    const names = unheld
      .map(({ group, resource }) => (group === '' ? resource : `${resource}.${group}`))
      .join(', ');
    throw new Error(`${action.name} may write ${names}, but its writableFields do not say which fields`);
  }
  return action.writableFields.map((fields) => fieldPolicy(action.name, fields));
}

function fieldPolicy(action: string, fields: WritableFields): Policy {
  const subject = `${action} may change nothing of ${fields.resource} but ${fields.paths.map(sayPath).join(', ')}`;
  return {
    name: `${action}-fields-${fields.resource}`,
    rules: [
      {
        groups: [fields.apiGroup],
        versions: [fields.version],
        resources: [fields.resource],
        operations: ['UPDATE'],
      },
    ],
    // Who rehearses for it is held the same way, so that a rehearsal tells what the change would be told.
    conditions: {
      'its-service-account': `${USER} in ${listOf([serviceAccountOf(action), rehearsingAccountOf(action)].map(userOf))}`,
    },
    variables: { new: 'dyn(object)', old: 'dyn(oldObject)', ...(writesAccount(fields) ? ACCOUNTS : {}) },
    validations: [
      ...compare(
        'variables.new',
        'variables.old',
        writableTree([...KEPT_BY_SERVER, ...fields.paths]),
        subject,
      ),
      ...(writesAccount(fields) ? [ownAccountsOnly(action)] : []),
    ],
  };
}

/** Whether the ServiceAccount of the pods lies at or below a writable path. */
function writesAccount({ paths }: WritableFields): boolean {
  const account = ['spec', 'template', 'spec', 'serviceAccountName'];
  return paths.some((path) => path.every((key, at) => key === account[at]));
}

/** The API server gives the older name of the field, `serviceAccount`, the same value before admission sees it. */
function accountOf(object: 'new' | 'old'): string {
  return `variables.${object}.?spec.?template.?spec.?serviceAccountName.orValue('default')`;
}

/** `accounts`: those that the pods change between, but for the namespace's own. */
const ACCOUNTS = {
  newAccount: accountOf('new'),
  oldAccount: accountOf('old'),
  accounts: `variables.newAccount == variables.oldAccount ? [] :
    [variables.newAccount, variables.oldAccount].filter(name, !(name in ['', 'default']))`,
};

/** The account that the pods leave is asked for as well: otherwise the undo, which returns to it, would be refused. */
function ownAccountsOnly(action: string): Validation {
  return {
    expression: `variables.accounts.all(account, ${mayUse('account')})`,
    message: {
      cel: `${quote(`${action} may not have these pods run as serviceaccount `)} + variables.newAccount +
        ' in place of ' + variables.oldAccount + ${quote(`: let it use serviceaccounts.${GROUP} of the name `)} +
        variables.accounts.join(' and ')`,
    },
  };
}

/** `spec.template.metadata.annotations[kubectl.kubernetes.io/restartedAt]` */
function sayPath(path: readonly string[]): string {
  const text = path.map((key) => (/^\w+$/.test(key) ? `.${key}` : `[${key}]`)).join('');
  return text.replace(/^\./, '');
}

function writableTree(paths: readonly (readonly string[])[]): Writable {
  const tree: Writable = new Map();
  for (const path of paths) {
    const each = path.indexOf(EACH);
    if (each >= 0 && each !== path.length - 2) {
      throw new Error(
        `${sayPath(path)}: exactly one field must follow ${EACH}, which stands for a list's members`,
      );
    }
    let at = tree;
    for (const key of path) {
      const below = at.get(key) ?? new Map();
      at.set(key, below);
      at = below;
    }
  }
  return tree;
}

/** One validation per map on the way to a writable field, so that the message can name what was changed beside it. */
function compare(now: string, before: string, tree: Writable, subject: string): readonly Validation[] {
  const below = [...tree].filter(([, members]) => members.size > 0);
  return [
    {
      expression: sameBut(now, before, [...tree.keys()]),
      message: {
        cel: `${quote(`${subject}; the request changes: `)} + ${changedKeys(now, before, [...tree.keys()])}.join(', ')`,
      },
    },
    ...below.flatMap(([key, members]) => {
      const [deeper, deeperBefore] = [fieldOf(now, key, members), fieldOf(before, key, members)];
      return members.has(EACH)
        ? [{ expression: sameList(deeper, deeperBefore, members.get(EACH) ?? new Map()), message: subject }]
        : compare(deeper, deeperBefore, members, subject);
    }),
  ];
}

function sameBut(now: string, before: string, writable: readonly string[]): string {
  return `[${now}, ${before}].all(each, each.all(k, k in ${listOf(writable)} || ${now}[?k] == ${before}[?k]))`;
}

function changedKeys(now: string, before: string, writable: readonly string[]): string {
  const differs = `!(k in ${listOf(writable)}) && ${now}[?k] != ${before}[?k]`;
  return `(${now}.filter(k, ${differs}) + ${before}.filter(k, ${differs} && !(k in ${now})))`;
}

/** A field that is not there is the same as one that is empty. */
function fieldOf(map: string, key: string, members: Writable): string {
  return `${map}[?${quote(key)}].orValue(${members.has(EACH) ? '[]' : '{}'})`;
}

/** The same names in the same order, and each member the same but for its writable fields. */
function sameList(now: string, before: string, member: Writable): string {
  return `${now}.map(one, one.name) == ${before}.map(one, one.name) &&
    ${now}.all(one, ${before}.exists_one(was, was.name == one.name && ${sameBut('one', 'was', [...member.keys()])}))`;
}
