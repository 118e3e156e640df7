/** How plans about the objects of a manifest are named. */
import { type ManifestObject, sayPlaced } from '../plan/manifest.ts';
import { say } from '../plan/objects.ts';
import type { PlanDraft } from './action.ts';
import { CLUSTER, type ManifestQuestion, NAMESPACE } from './manifest-places.ts';

const MOST_NAMED = 5;

/** The namespace, or the cluster as a whole: what is in it is said by the summary. */
export function targetOf({ namespace }: ManifestQuestion): PlanDraft['target'] {
  const { apiVersion, kind } = namespace === '' ? CLUSTER : NAMESPACE;
  if (namespace === '') return { apiVersion, kind, name: 'manifest' };
  return { apiVersion, kind, name: namespace };
}

interface Said {
  readonly kind: string;
  readonly object: ManifestObject;
}

const WORDS: Readonly<Record<string, string>> = { dependent: 'create', same: 'leave' };

/** `apply 3 objects in shop: create configmap/a, change deployment/web, leave service/web` */
export function summaryOf({ namespace }: ManifestQuestion, verb: string, steps: readonly Said[]): string {
  const where = namespace === '' ? 'in the cluster' : `in ${namespace}`;
  const count = `${steps.length} ${steps.length === 1 ? 'object' : 'objects'}`;
  if (steps.every(({ kind }) => kind === 'same')) return `leave ${count} ${where} as they are`;
  const kinds = [...new Set(steps.map(({ kind }) => WORDS[kind] ?? kind))];
  const parts = kinds.map((word) => {
    const names = steps
      .filter(({ kind }) => (WORDS[kind] ?? kind) === word)
      .map(({ object }) => (namespace === '' ? sayPlaced(object, object.namespace) : say(object)));
    const more = names.length - MOST_NAMED;
    return `${word} ${names.slice(0, MOST_NAMED).join(' and ')}${more > 0 ? ` and ${more} more` : ''}`;
  });
  return `${verb} ${count} ${where}: ${parts.join(', ')}`;
}
