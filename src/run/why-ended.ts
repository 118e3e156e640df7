/** What has ended an executor that wrote no verdict, or had it stop, in the cluster's own words. Pure. */
import { executorState, type JobRef } from '../job/execution-job.ts';
import { conditionOf } from '../plan/conditions.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { Seen } from './execution-watches.ts';

/** By somebody else than us; the empty string where the cluster does not tell. */
export function whyStopped(seen: Seen, { name }: JobRef): string {
  const { pod } = seen;
  const parts = [
    seen.isJobDeleted ? `job/${name} was deleted by somebody else` : '',
    seen.job === 'suspended' ? `job/${name} was suspended by somebody else` : '',
    // That a Job fails with its only pod is no reason of its own.
    /^(?:BackoffLimitExceeded|$)/.test(seen.jobFailure) ? '' : `job/${name} failed: ${seen.jobFailure}`,
    pod ? whyDisrupted(pod) : '',
  ].filter((part) => part !== '');
  if (parts.length > 0 || pod?.metadata.deletionTimestamp === undefined) return parts.join('; ');
  return `pod/${pod.metadata.name} was deleted by somebody else`;
}

/** Without a verdict. */
export function describeLoss(seen: Seen, job: JobRef): string {
  const { pod, podGone, jobFailure } = seen;
  const parts = [
    whyStopped(seen, job),
    podGone ? `pod/${pod?.metadata.name} was removed before it wrote a verdict` : '',
    pod ? howContainerEnded(pod) : '',
  ].filter((part) => part !== '');
  return parts.length > 0 ? parts.join('; ') : `job/${job.name} failed: ${jobFailure}`;
}

/** KEP-3329: the cluster marks a pod before it evicts, preempts or gives it up with its node; the empty string for others. */
export function disruptionOf(pod: KubernetesObject | undefined): string {
  const condition = conditionOf(pod ?? null, 'DisruptionTarget');
  return condition?.status === 'True' ? `${condition.reason}: ${condition.message}` : '';
}

/** By an eviction, a preemption, a taint or the kubelet: in a condition and, where the kubelet did it, in the phase's reason. */
function whyDisrupted(pod: KubernetesObject): string {
  const phase = [textAt(pod, '/status/reason'), textAt(pod, '/status/message')];
  const words = [phase.filter((word) => word !== '').join(': '), disruptionOf(pod)].map((said) =>
    said.replace(/[. ]+$/, ''),
  );
  const told = [...new Set(words)].filter((said) => said !== '').join('; ');
  return told === '' ? '' : `pod/${pod.metadata.name}: ${told}`;
}

function howContainerEnded(pod: KubernetesObject): string {
  const terminated = readPointer(executorState(pod), '/terminated');
  if (terminated === undefined) return '';
  const message = textAt(terminated, '/message') || 'no message';
  return `the container of pod/${pod.metadata.name} ended with exit code ${textAt(terminated, '/exitCode')} (${textAt(terminated, '/reason')}) without a verdict: ${message}`;
}
