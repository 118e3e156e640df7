import { z } from 'zod';
import type { Action } from './action.ts';
import { planRestart, restartWritableFields } from './restart-template.ts';
import { DAEMON_SET, DEPLOYMENT, notFound, READ_NAMESPACE, STATEFUL_SET, targetPath } from './workloads.ts';

export const rolloutRestart: Action<Record<string, never>> = {
  name: 'rollout-restart',
  aliases: [
    'rolling-restart',
    'rolling-restart-deployment',
    'rollout-restart-deployment',
    'restart-deployment',
    'restart-statefulset',
    'restart-daemonset',
    'graceful-restart',
  ],
  summary:
    'Replaces the pods of a Deployment, StatefulSet or DaemonSet one after the other, as `kubectl rollout restart` does, and waits until the rollout is complete.',
  kinds: [DEPLOYMENT, STATEFUL_SET, DAEMON_SET],
  parameters: z.strictObject({}),
  permissions: [
    ...READ_NAMESPACE,
    {
      apiGroups: ['apps'],
      resources: ['deployments', 'statefulsets', 'daemonsets'],
      verbs: ['get', 'list', 'watch', 'patch'],
    },
  ],
  writableFields: [DEPLOYMENT, STATEFUL_SET, DAEMON_SET].map(restartWritableFields),
  scope: 'namespace',
  reversible: true,
  driftsFromSource: false,
  verifyTimeoutSeconds: 600,

  reads: (question) => [{ kind: 'get', path: targetPath(question) }],

  plan(question, seen) {
    const workload = seen.get(targetPath(question));
    return workload ? planRestart(question, question.kind, workload) : notFound(question);
  },
};
