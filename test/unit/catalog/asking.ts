/** Asks an action about a handful of objects, the way a run does: only what it reads is there to be seen. */
import type {
  Action,
  PlanDraft,
  Question,
  Read,
  Refusal,
  Selection,
  Snapshot,
  TargetKind,
} from '../../../src/catalog/action.ts';
import { fillValues } from '../../../src/plan/fill-values.ts';
import { isStringMap } from '../../../src/plan/json.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { nameValues, type SecretValues } from '../../../src/plan/secret-values.ts';
import { hasFields, isAt, isSelected, NAMESPACE } from './cluster-objects.ts';

export const AT = '2026-03-01T12:00:00Z';

export interface Asked {
  readonly answer: PlanDraft | Refusal;
  /** Everything that was read on the way. */
  readonly reads: readonly Read[];
}

export interface Asking {
  readonly kind?: TargetKind;
  readonly name: string;
  readonly selection?: Selection;
  readonly parameters?: unknown;
  readonly at?: string;
  readonly force?: boolean;
  /** As `secret-values` gives them to the action. */
  readonly values?: SecretValues;
}

/** Throws where the action would not accept the parameters, or asks for ever more. */
export function ask(action: Action, asking: Asking, objects: readonly KubernetesObject[]): Asked {
  const [first] = action.kinds;
  const kind = asking.kind ?? first;
  if (!kind) throw new Error(`${action.name} has no kind`);
  const question: Question<unknown> = {
    namespace: action.scope === 'cluster' ? '' : NAMESPACE,
    kind,
    name: asking.name,
    ...(asking.selection === undefined ? {} : { selection: asking.selection }),
    parameters: action.parameters.parse(asking.parameters ?? {}),
    at: asking.at ?? AT,
    ...(asking.force === undefined ? {} : { force: asking.force }),
    ...(asking.values === undefined ? {} : { values: asking.values }),
  };
  const reads = new Map<string, Read>();
  const seen = snapshotOf(objects, reads);
  for (let round = 0; round < 10; round += 1) {
    const fresh = action.reads(question, seen).filter((read) => !reads.has(JSON.stringify(read)));
    if (fresh.length === 0) return { answer: action.plan(question, seen), reads: [...reads.values()] };
    for (const read of fresh) reads.set(JSON.stringify(read), read);
  }
  throw new Error(`${action.name} asks for ever more`);
}

export function planFor(action: Action, asking: Asking, objects: readonly KubernetesObject[]): PlanDraft {
  const { answer } = ask(action, asking, objects);
  if (answer.kind === 'refusal') throw new Error(`refused: ${answer.message}`);
  return answer;
}

/** As the executor sends it: with the values in it of the Secret that it is about. */
export function fillFor(
  draft: PlanDraft,
  { values = {} }: Asking,
  objects: readonly KubernetesObject[],
): PlanDraft {
  if (draft.secret === undefined) return draft;
  const { object } = draft.secret;
  const data = objects.find((one) => isAt(one, object))?.['data'];
  return fillValues(draft, draft.secret, {
    ...values,
    ...nameValues('before', isStringMap(data) ? data : {}),
  });
}

export function refusalFor(action: Action, asking: Asking, objects: readonly KubernetesObject[]): Refusal {
  const { answer } = ask(action, asking, objects);
  if (answer.kind === 'plan') throw new Error(`planned: ${answer.summary}`);
  return answer;
}

function snapshotOf(objects: readonly KubernetesObject[], reads: ReadonlyMap<string, Read>): Snapshot {
  return {
    discover: () => undefined,
    dryRun: () => undefined,
    get: (path) =>
      reads.has(JSON.stringify({ kind: 'get', path } satisfies Read))
        ? (objects.find((object) => isAt(object, path)) ?? null)
        : undefined,
    list: (path, labelSelector, fieldSelector) =>
      reads.has(
        JSON.stringify({
          kind: 'list',
          path,
          ...(labelSelector === undefined ? {} : { labelSelector }),
          ...(fieldSelector === undefined ? {} : { fieldSelector }),
        } satisfies Read),
      )
        ? objects.filter(
            (object) =>
              isAt(object, path) && isSelected(object, labelSelector) && hasFields(object, fieldSelector),
          )
        : undefined,
  };
}
