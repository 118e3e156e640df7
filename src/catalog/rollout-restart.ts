import { z } from 'zod';
import type { Action } from './action.ts';
import { CHANGE_WORKLOADS, ROLLED_OUT } from './change-template.ts';
import { planRestart, restartWritableFields } from './restart-template.ts';
import { notFound, READ_NAMESPACE, ROLLOUT_SECONDS, targetPath } from './workloads.ts';

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
  kinds: ROLLED_OUT,
  parameters: z.strictObject({}),
  permissions: [...READ_NAMESPACE, CHANGE_WORKLOADS],
  writableFields: ROLLED_OUT.map(restartWritableFields),
  scope: 'namespace',
  reversible: true,
  driftsFromSource: false,
  verifyTimeoutSeconds: ROLLOUT_SECONDS,

  reads: (question) => [{ kind: 'get', path: targetPath(question) }],

  plan(question, seen) {
    const workload = seen.get(targetPath(question));
    return workload ? planRestart(question, question.kind, workload) : notFound(question);
  },
};
