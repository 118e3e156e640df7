/** Puts the values of a Secret where a plan refers to them. */
import { sameJson } from './canonical.ts';
import { isRecord } from './json.ts';
import type { ResourcePath } from './objects.ts';
import type { Check, Plan, PlannedRequest, SecretVersion } from './plan.ts';
import type { SecretValues } from './secret-values.ts';

/** Those of the values that the plan refers to. */
export function onlyReferred(values: SecretValues, plan: Filled): SecretValues {
  const referred = new Set(namesIn([plan.requests, plan.checks, plan.undo]));
  return Object.fromEntries(Object.entries(values).filter(([name]) => referred.has(name)));
}

function namesIn(part: unknown): readonly string[] {
  if (Array.isArray(part)) return part.flatMap(namesIn);
  if (!isRecord(part)) return [];
  const { $value: name } = part;
  return typeof name === 'string' ? [name] : Object.values(part).flatMap(namesIn);
}

type Filled = Pick<Plan, 'requests' | 'checks' | 'undo'>;

/**
 * What the plan sends and verifies, with the values in it: not to be written anywhere. They go back to where they are
 * from alone, the Secret that the plan names: a plan that would have them in another object is refused, since who may
 * replace a value may not read it for that. Throws for such a plan, and where a value is missing.
 */
export function fillValues<Part extends Filled>(
  part: Part,
  { object }: SecretVersion,
  values: SecretValues,
): Part {
  const isOurs = (path: ResourcePath): boolean => sameJson(path, object);
  const fillRequest = <Request extends PlannedRequest>(request: Request): Request =>
    isOurs(request.path) && isOurs(request.effect.object)
      ? { ...request, body: fill(request.body, values), effect: fill(request.effect, values) }
      : request;
  const fillCheck = (check: Check): Check =>
    check.kind === 'fields-equal' && isOurs(check.object) ? (fill(check, values) as Check) : check;
  const { undo } = part;
  const filled: Filled = {
    requests: part.requests.map(fillRequest),
    checks: part.checks.map(fillCheck),
    undo:
      undo.kind === 'requests'
        ? { ...undo, requests: undo.requests.map(fillRequest), checks: undo.checks.map(fillCheck) }
        : undo,
  };
  const rest = { ...part, ...filled };
  refuseReferences(rest);
  return rest;
}

/** Any that is left stands where no value may go. */
function refuseReferences(part: unknown): void {
  if (Array.isArray(part)) {
    for (const member of part) refuseReferences(member);
  } else if (isRecord(part)) {
    if ('$value' in part)
      throw new Error('the plan refers to a value outside of the Secret that it is about');
    for (const member of Object.values(part)) refuseReferences(member);
  }
}

function fill<Value>(part: Value, values: SecretValues): Value {
  return fillIn(part, values) as Value;
}

function fillIn(part: unknown, values: SecretValues): unknown {
  if (Array.isArray(part)) return part.map((member) => fillIn(member, values));
  if (!isRecord(part)) return part;
  const { $value: name } = part;
  if (typeof name !== 'string' || Object.keys(part).length > 1) {
    return Object.fromEntries(Object.entries(part).map(([key, member]) => [key, fillIn(member, values)]));
  }
  if (Object.hasOwn(values, name)) return values[name];
  throw new Error(`the plan refers to the value ${name}, which did not come with it`);
}
