/** What an installation says of itself, in a ConfigMap of the executor's namespace. */
import type { ApiServer } from '../cluster/api.ts';
import { ApiError } from '../cluster/errors.ts';
import { getObject } from '../cluster/typed.ts';
import { INSTALLATION, PROTECTED_NAMESPACES } from '../plan/names.ts';
import { textAt } from '../plan/pointer.ts';
import { Ended, refuse } from './ending.ts';

export interface Installation {
  readonly image: string;
  /** Names of the ConfigMaps with the programs it knows: the current one and the one before. */
  readonly programs: readonly string[];
  /** As admission holds to them; those of the manifests where it lists none. */
  readonly protectedNamespaces: readonly string[];
}

export async function readInstallation(caller: ApiServer, namespace: string): Promise<Installation> {
  const path = { group: '', version: 'v1', resource: 'configmaps', namespace, name: INSTALLATION };
  const missing = (why: string): Ended =>
    new Ended(
      refuse(
        'installation-missing',
        `The executor is not installed in ${caller.url}, or this identity may not see it: ${why}. Install it with: kubectl apply -k manifests`,
      ),
    );
  const config = await getObject(caller, path).catch((error: unknown) => {
    if (error instanceof ApiError && error.status === 403) throw missing(error.message);
    throw error;
  });
  if (!config) throw missing(`configmap/${INSTALLATION} in namespace ${namespace} does not exist`);
  const field = (name: string): string => textAt(config, `/data/${name}`);
  const list = (name: string): readonly string[] =>
    field(name)
      .split(/\s+/)
      .filter((one) => one !== '');
  const closed = list('protectedNamespaces');
  return {
    image: field('image'),
    programs: list('programs'),
    protectedNamespaces: closed.length === 0 ? PROTECTED_NAMESPACES : closed,
  };
}

/** The program's ConfigMap, which carries its hash in its name; refuses when the installation does not know it. */
export function chooseProgram(programs: Installation['programs'], programHash: string): string {
  const program = `executor-${programHash.slice(0, 16)}`;
  if (programs.includes(program)) return program;
  const known = programs.join(', ') || 'none';
  throw new Ended(
    refuse(
      'installation-outdated',
      `This version of the action needs configmap/${program}; the installation knows ${known}. Apply the manifests of this version: kubectl apply -k manifests`,
    ),
  );
}
