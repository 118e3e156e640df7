/** One judgement per kind of check, from the files beside this one. Pure. */
import type { Check } from '../plan/plan.ts';
import type { CheckState, View } from './check-state.ts';
import { judgeFields, sayFields } from './fields-equal.ts';
import { judgeDrained } from './node-drained.ts';
import { judgeCondition, judgeExists, judgeGone } from './object-there.ts';
import { judgePodReplaced } from './pod-replaced.ts';
import { judgeReplicas } from './replicas-available.ts';
import { judgeRollout } from './rollout-complete.ts';
import { unlessCrashing } from './steady-pods.ts';
import { podsFor } from './watched-by.ts';

export function judge(check: Check, view: View): CheckState {
  switch (check.kind) {
    case 'fields-equal':
      return judgeFields(check, view);
    case 'replicas-available':
      return unlessCrashing(judgeReplicas(check, view), podsFor(check, view), view);
    case 'rollout-complete':
      return unlessCrashing(judgeRollout(check, view), podsFor(check, view), view);
    case 'pod-replaced':
      return unlessCrashing(judgePodReplaced(check, view), podsFor(check, view), view);
    case 'node-drained':
      return judgeDrained(check, view);
    case 'object-exists':
      return judgeExists(check, view);
    case 'object-gone':
      return judgeGone(check, view);
    case 'condition-true':
      return judgeCondition(check, view);
  }
}

/** `rollout of deployments/web complete`, for reports. */
export function describeCheck(check: Check): string {
  const name = 'object' in check ? `${check.object.resource}/${check.object.name ?? ''}` : '';
  switch (check.kind) {
    case 'fields-equal':
      return `${name} has ${sayFields(check.fields)} as wanted`;
    case 'replicas-available':
      return `${name} has ${check.replicas} available replicas`;
    case 'rollout-complete':
      return `rollout of ${name} is complete`;
    case 'pod-replaced':
      return `pod/${check.podName} is gone and replaced by a Ready one`;
    case 'node-drained':
      return `node/${check.node} is free of the pods to be evicted`;
    case 'object-exists':
      return `${name} is there`;
    case 'object-gone':
      return `${name} is gone`;
    case 'condition-true':
      return `${name} is ${check.condition}`;
  }
}
