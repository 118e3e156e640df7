/** Awaited together with others, a failure of one must not hide what another says. */
export function settle<Value>(promise: Promise<Value>): Promise<Settled<Value>> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

export interface Settled<Value> {
  readonly value?: Value;
  readonly error?: unknown;
}

/** The value, or the failure thrown on. */
export function take<Value>({ value, error }: Settled<Value>): Value {
  if (value !== undefined) return value;
  throw error instanceof Error ? error : new Error(String(error));
}
