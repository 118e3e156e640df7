/** What changing the data of a Secret and of a ConfigMap have in common. */
import { invertFields } from '../plan/change-fields.ts';
import type { MapChange } from '../plan/map-changes.ts';
import type { KubernetesObject, ObjectRef, ResourcePath } from '../plan/objects.ts';
import { MOST_DATA_BYTES, say } from '../plan/objects.ts';
import type { FieldChange, FieldsEqual } from '../plan/plan.ts';
import type { Question, Refusal } from './action.ts';

/** As the API server counts them: the values, decoded, without their keys. */
export function bytesOf(data: Readonly<Record<string, string>>, encoding: 'utf8' | 'base64'): number {
  return Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, encoding), 0);
}

/** `bytes` is the size that its data would have. */
export function objectionsToData(object: KubernetesObject, bytes: number): readonly string[] {
  const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
  return [
    ...(object['immutable'] === true
      ? ['it is immutable: make one of another name, and change who uses it']
      : []),
    ...(owner
      ? [`${say(owner)} (${owner.apiVersion}) makes it and would write its own values again: change that`]
      : []),
    ...(bytes > MOST_DATA_BYTES
      ? [`it would have ${bytes} bytes of data, and the API server takes ${MOST_DATA_BYTES}`]
      : []),
  ];
}

/** What already is as asked stands, whatever speaks against changing it. */
export function refuseData(
  { kind, namespace, name }: Question<unknown>,
  { changed }: MapChange,
  objections: readonly string[],
): Refusal | undefined {
  if (objections.length === 0 || changed.length === 0) return undefined;
  const what = `${say({ kind: kind.kind, name })} in ${namespace}`;
  return {
    kind: 'refusal',
    reasonCode: 'target-unsuitable',
    message: `${what} can't be changed so:\n${objections.map((one) => `- ${one}`).join('\n')}`,
  };
}

/** `change configmap/web in shop: set a and b, remove c`; what is as asked already is told as such. */
export function sayKeys({ asked, changed }: MapChange, target: ObjectRef): string {
  const what = `${say(target)} in ${target.namespace ?? ''}`;
  const keysWith = (isSet: boolean): string =>
    sayList(changed.filter(({ after }) => (after !== undefined) === isSet).map(({ key }) => key));
  const [set, removed] = [keysWith(true), keysWith(false)];
  const same = sayList(asked.filter((one) => !changed.includes(one)).map(({ key }) => key));
  if (changed.length === 0) return `leave ${what}, where ${same} is as asked already`;
  const parts = [
    set === '' ? '' : `set ${set}`,
    removed === '' ? '' : `remove ${removed}`,
    same === '' ? '' : `${same} is as asked already`,
  ];
  return `change ${what}: ${parts.filter((part) => part !== '').join(', ')}`;
}

function sayList(words: readonly string[]): string {
  return new Intl.ListFormat('en').format(words);
}

/** After the change, and after its undo. */
export function fieldChecks(
  object: ResourcePath,
  fields: readonly FieldChange[],
): { readonly now: FieldsEqual; readonly before: FieldsEqual } {
  return {
    now: { kind: 'fields-equal', object, fields },
    before: { kind: 'fields-equal', object, fields: invertFields(fields) },
  };
}
