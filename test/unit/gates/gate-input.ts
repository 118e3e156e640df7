/** A scale of deployment/web that every gate lets pass, to vary; and requests and options with nothing special. */
import type { Action, Snapshot } from '../../../src/catalog/action.ts';
import { scaleDeployment } from '../../../src/catalog/scale-deployment.ts';
import { DEPLOYMENT } from '../../../src/catalog/workloads.ts';
import type { GateInput } from '../../../src/gates/gate.ts';
import { PROTECTED_NAMESPACES } from '../../../src/plan/names.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import type { ExecutionRequest, RunOptions } from '../../../src/spec/request.ts';
import { planFor } from '../catalog/asking.ts';
import { deployment } from '../catalog/cluster-objects.ts';

export const OPTIONS: RunOptions = {
  jobNamespace: 'kubernetes-executor',
  jobLabels: {},
  jobAnnotations: {},
  streamLogs: true,
  uploadArtifact: 'always',
  gitops: 'refuse',
  force: false,
  maxRisk: 'high',
};

export const REQUEST: ExecutionRequest = {
  action: scaleDeployment,
  parameters: { replicas: 5 },
  kind: DEPLOYMENT,
  name: 'web',
  namespace: 'shop',
  requireApproval: false,
  settings: {
    onFailure: 'rollback',
    onLocked: 'fail',
    lockTimeoutSeconds: 60,
    verifyTimeoutSeconds: 300,
    runTimeoutSeconds: 600,
    scheduleTimeoutSeconds: 120,
    soakSeconds: 0,
  },
  timeouts: { totalSeconds: 900, scheduleSeconds: 60, runSeconds: 600 },
  retries: 2,
  labels: {},
};

export function gateInput({
  action = scaleDeployment,
  ...over
}: Partial<Omit<GateInput, 'options'>> & {
  action?: Action;
  options?: Partial<RunOptions>;
} = {}): GateInput {
  return {
    request: { ...REQUEST, action },
    mode: 'run',
    namespace: 'shop',
    protectedNamespaces: PROTECTED_NAMESPACES,
    draft: planFor(scaleDeployment, { name: 'web', parameters: { replicas: 5 } }, [deployment()]),
    risk: { level: 'low', score: 0, factors: [] },
    involved: [deployment()],
    seen: snapshot(),
    namespaceObject: namespace(),
    autoscalers: [],
    ...over,
    options: { ...OPTIONS, ...over.options },
  };
}

export function namespace(metadata: object = {}): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop', uid: 'uid-shop', ...metadata },
  };
}

/** What a list of this resource has given, whatever the selectors; nothing else was read. */
export function snapshot(lists: Readonly<Record<string, readonly KubernetesObject[]>> = {}): Snapshot {
  return {
    get: () => undefined,
    list: ({ resource }) => lists[resource],
    discover: () => undefined,
    dryRun: () => undefined,
  };
}
