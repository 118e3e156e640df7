/**
 * A plan never holds the value of a Secret: references stand in their place, and the executor alone fills them in. So a
 * plan can be hashed, shown and stored like any other.
 */

/** Stands for the value of that name in `SecretValues`. */
export interface ValueReference {
  readonly $value: string;
}

/** Base64, as in the `data` of a Secret, by name: `after/password` is what was asked for, `before/password` what was there. */
export type SecretValues = Readonly<Record<string, string>>;

export type Side = 'before' | 'after';

export function referTo(side: Side, key: string): ValueReference {
  return { $value: `${side}/${key}` };
}

/** A map of `data`, by the names that references use. */
export function nameValues(side: Side, data: Readonly<Record<string, string>>): SecretValues {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [referTo(side, key).$value, value]));
}

/** The other way round: of the values of one side, a map of `data`. */
export function valuesOf(side: Side, values: SecretValues): Readonly<Record<string, string>> {
  const own = Object.entries(values).filter(([name]) => name.startsWith(`${side}/`));
  return Object.fromEntries(own.map(([name, value]) => [name.slice(side.length + 1), value]));
}
