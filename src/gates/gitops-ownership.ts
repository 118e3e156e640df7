import { isRecord, isStringMap } from '../plan/json.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { GITOPS_MARKS } from '../plan/owner-marks.ts';
import { readPointer } from '../plan/pointer.ts';
import { type Gate, type GateInput, pass } from './gate.ts';

const MANAGERS: ReadonlyMap<string, string> = new Map([
  ['argocd-controller', 'Argo CD'],
  ['argocd-application-controller', 'Argo CD'],
  ['kustomize-controller', 'Flux'],
  ['helm-controller', 'Flux'],
]);

/** What such a tool keeps, it puts back: a direct change would last until its next sync. */
export const gitopsOwnership: Gate = {
  name: 'gitops-ownership',
  judge(input) {
    const owner = findOwner(input);
    if (owner === undefined)
      return pass(this.name, 'no GitOps tool marks the target, its owners or its namespace');
    const message = `${owner.tool} manages ${owner.what} (${owner.mark})`;
    if (!input.request.action.driftsFromSource)
      return pass(this.name, `${message}; this action leaves alone what it keeps`);
    const isAllowed = input.options.gitops === 'warn' || input.options.force;
    return {
      gate: this.name,
      verdict: isAllowed ? 'warn' : 'refuse',
      reasonCode: 'gitops-managed',
      message: owner.isAround
        ? `${message}, so it may manage what lies in it too, and change this back at its next sync`
        : `${message} and would change this back at its next sync`,
      remedy: 'Change it in the source repository, or set the input gitops to warn.',
    };
  },
};

interface Owner {
  readonly tool: string;
  readonly what: string;
  readonly mark: string;
  /** It is the namespace that has the mark, which does not say who manages what lies in it. */
  readonly isAround?: true;
}

function findOwner({ involved, namespaceObject }: GateInput): Owner | undefined {
  const own = involved.map(ownerOf).find((owner) => owner !== undefined);
  if (own || !namespaceObject) return own;
  const around = ownerOf(namespaceObject);
  return around && { ...around, isAround: true };
}

function ownerOf(object: KubernetesObject): Owner | undefined {
  const what = `${object.kind?.toLowerCase() ?? 'object'}/${object.metadata.name}`;
  const maps = [
    '/metadata/annotations',
    '/metadata/labels',
    '/spec/template/metadata/annotations',
    '/spec/template/metadata/labels',
  ];
  for (const { tool, keys } of GITOPS_MARKS) {
    const mark = maps
      .map((pointer) => findKey(readPointer(object, pointer), keys))
      .find((key) => key !== undefined);
    if (mark !== undefined) return { tool, what, mark };
  }
  const manager = managersOf(object).find((name) => MANAGERS.has(name));
  const tool = manager === undefined ? undefined : MANAGERS.get(manager);
  return manager === undefined || tool === undefined
    ? undefined
    : { tool, what, mark: `field manager ${manager}` };
}

/** A present, non-empty key counts. */
function findKey(map: unknown, keys: readonly string[]): string | undefined {
  return isStringMap(map) ? keys.find((key) => (map[key] ?? '') !== '') : undefined;
}

function managersOf(object: KubernetesObject): readonly string[] {
  const managed = readPointer(object, '/metadata/managedFields');
  return Array.isArray(managed)
    ? managed.flatMap((entry) => (isRecord(entry) ? [String(entry['manager'])] : []))
    : [];
}
