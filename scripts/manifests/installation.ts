/** The executor's program and the list of what an installation accepts. */
import { createHash } from 'node:crypto';
import {
  EXECUTOR_NAMESPACE,
  INSTALLATION,
  LOCK_NAMESPACE,
  PROTECTED_NAMESPACES,
} from '../../src/plan/names.ts';
import type { Manifest } from './yaml.ts';

/** Runs the executor; nothing of it but Node is used. Installations that mirror images name their own in an overlay. */
const IMAGE = 'gcr.io/distroless/nodejs24-debian13:nonroot';
/** What an API server calls itself in tokens if nothing else is set: kubeadm, kind and most others; OpenShift and EKS; k3s; RKE2. */
const AUDIENCES = [
  'https://kubernetes.default.svc.cluster.local',
  'https://kubernetes.default.svc',
  'k3s',
  'rke2',
];
/** All annotations of an object together; `kubectl apply` keeps the whole ConfigMap in one of them. */
const ANNOTATIONS_LIMIT_BYTES = 262_144;

/** `executor-` and the beginning of the program's SHA-256: a program that differs in a byte is another ConfigMap. */
export function programName(program: string): string {
  return `executor-${createHash('sha256').update(program).digest('hex').slice(0, 16)}`;
}

/** Both are in the restricted profile of Pod Security: what runs here is the executor alone. */
export function namespaces(): readonly Manifest[] {
  return [namespaceManifest(EXECUTOR_NAMESPACE), namespaceManifest(LOCK_NAMESPACE)];
}

function namespaceManifest(name: string): Manifest {
  const restricted = ['enforce', 'audit', 'warn'].map((mode) => [
    `pod-security.kubernetes.io/${mode}`,
    'restricted',
  ]);
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: { ...Object.fromEntries(restricted), 'istio-injection': 'disabled' },
      annotations: { 'linkerd.io/inject': 'disabled' },
    },
  };
}

export function programManifest(program: string): Manifest {
  const manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: programName(program), namespace: EXECUTOR_NAMESPACE },
    immutable: true,
    data: { 'executor.mjs': program },
  };
  const bytes = appliedBytes(manifest);
  if (bytes > ANNOTATIONS_LIMIT_BYTES) {
    throw new Error(
      `dist/executor.mjs takes ${bytes} bytes of the annotation that \`kubectl apply\` keeps, more than the ${ANNOTATIONS_LIMIT_BYTES} there are`,
    );
  }
  return manifest;
}

/** kubectl writes `<`, `>` and `&` in JSON as six bytes each; some room is left for what kustomize adds. */
function appliedBytes(manifest: Manifest): number {
  const json = JSON.stringify(manifest);
  return Buffer.byteLength(json.replaceAll(/[<>&]/g, '\\u0000')) + 1024;
}

/** What admission accepts and the step looks up; lists are separated by single spaces. */
export function installationManifest(programs: readonly string[]): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: INSTALLATION, namespace: EXECUTOR_NAMESPACE },
    data: {
      image: IMAGE,
      images: IMAGE,
      programs: programs.join(' '),
      audiences: AUDIENCES.join(' '),
      protectedNamespaces: PROTECTED_NAMESPACES.join(' '),
    },
  };
}
