/** Manifests for the actions that take one, and the kinds that they may write, as `examples/manifest/` grants them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { V1PolicyRule } from '@kubernetes/client-node';
import { parseAllDocuments, stringify } from 'yaml';
import { ask, read, untilObject } from './cluster.ts';
import { ROOT } from './runner-environment.ts';
import { BUSYBOX } from './workloads.ts';

export const CLUSTER_ROLES = '/apis/rbac.authorization.k8s.io/v1/clusterroles';

export interface ClusterRole {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly rules?: readonly (V1PolicyRule & { readonly resources: string[] })[];
}

/** Grants the kinds of a file of `examples/manifest/`; other test files may have done so already. */
export async function allowKinds(file = 'kinds.yaml'): Promise<void> {
  const text = readFileSync(join(ROOT, 'examples/manifest', file), 'utf8');
  for (const document of parseAllDocuments(text)) await grantKinds(document.toJS());
}

/** Resolves when the action's own ClusterRole has what the given one adds to it. */
export async function grantKinds(role: unknown): Promise<void> {
  const { metadata, rules = [] } = role as ClusterRole;
  const answer = await ask('POST', CLUSTER_ROLES, role);
  if (answer.status !== 201 && answer.status !== 409) throw new Error(answer.text);
  const wanted = rules.flatMap(({ resources }) => resources);
  for (const label of Object.keys(metadata.labels ?? {})) {
    const action = /aggregate-to-(.*)$/.exec(label)?.[1];
    if (action === undefined) continue;
    await untilObject<ClusterRole>(`${CLUSTER_ROLES}/kubernetes-executor:${action}`, (aggregated) => {
      const has = aggregated?.rules?.flatMap(({ resources }) => resources) ?? [];
      return wanted.every((resource) => has.includes(resource));
    });
  }
}

/** The input `parameters` with these objects, or this text, as the manifest. */
export function manifestOf(...objects: readonly unknown[]): string {
  const text = objects.map((one) => (typeof one === 'string' ? one : stringify(one))).join('---\n');
  return stringify({ manifest: text });
}

export function configMap(
  name: string,
  data: Readonly<Record<string, string>>,
  metadata: object = {},
): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

export function service(name: string, port: number, more: object = {}): object {
  const spec = { selector: { app: name }, ports: [{ port }], ...more };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}

export function deployment(name: string, replicas: number, image = BUSYBOX, podSpec: object = {}): object {
  const labels = { app: name };
  const container = {
    name: 'app',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', "trap 'exit 0' TERM; sleep 2147483647 & wait"],
    resources: { requests: { cpu: '1m', memory: '4Mi' } },
  };
  const pod = { terminationGracePeriodSeconds: 2, containers: [container], ...podSpec };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } },
  };
}

/** What its author and others have made of it, without what the server and controllers keep. */
export async function contentOf(path: string): Promise<unknown> {
  const object = await read<Record<string, unknown> & { metadata: Record<string, unknown> }>(path);
  if (object === undefined) return undefined;
  const { status: _status, metadata, ...content } = object;
  const { labels, ownerReferences, finalizers, annotations } = metadata;
  const own = Object.entries(annotations ?? {}).filter(
    ([key]) => key !== 'deployment.kubernetes.io/revision',
  );
  return {
    ...content,
    metadata: { labels, ownerReferences, finalizers, annotations: Object.fromEntries(own) },
  };
}
