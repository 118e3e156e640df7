import { isRecord } from '../plan/json.ts';
import type { Check, Plan, PlannedRequest } from '../plan/plan.ts';
import { REDACTED } from '../plan/redact-words.ts';
import { holdsSecrets, isSensitive, redact, redactAt, showChange } from '../plan/sensitive.ts';

/** `plan.json`: the plan for people to read. Secret values are not in it, and requests are never taken from it. */
export function renderPlan(plan: Plan, planHash: string | undefined): unknown {
  const undo =
    plan.undo.kind === 'requests'
      ? {
          ...plan.undo,
          requests: plan.undo.requests.map(showRequest),
          checks: plan.undo.checks.map(showCheck),
        }
      : plan.undo;
  const requests = plan.requests.map(showRequest);
  return { planHash, plan: { ...plan, requests, checks: plan.checks.map(showCheck), undo } };
}

/** Each kind is named, so that a new one can't be shown before it is decided what of it may be. */
function showCheck(check: Check): Check {
  switch (check.kind) {
    case 'fields-equal':
      return { ...check, fields: check.fields.map((field) => showChange(check.object, field)) };
    case 'rollout-complete': {
      const written = check.written?.map((field) => showChange(check.object, field));
      return { ...check, ...(written && { written }) };
    }
    case 'replicas-available':
    case 'pod-replaced':
    case 'node-drained':
    case 'object-exists':
    case 'object-gone':
    case 'condition-true':
      return check;
  }
}

function showRequest(request: PlannedRequest): PlannedRequest {
  const { effect } = request;
  const fields =
    effect.kind === 'fields' ? effect.fields.map((field) => showChange(effect.object, field)) : [];
  return {
    ...request,
    body: showBody(request),
    effect: effect.kind === 'fields' ? { ...effect, fields } : effect,
  };
}

function showBody({ path, body }: PlannedRequest): unknown {
  if (holdsSecrets(path)) return REDACTED;
  if (!Array.isArray(body)) return redact(body);
  return body.map((operation) => {
    if (!isRecord(operation)) return redact(operation);
    const { path: pointer, value } = operation;
    if (typeof pointer !== 'string') return redact(operation);
    const isSecret = isSensitive(path, { pointer, after: value });
    return 'value' in operation
      ? { ...operation, value: isSecret ? REDACTED : redactAt(pointer, value) }
      : operation;
  });
}
