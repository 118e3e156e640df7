import { z } from 'zod';
import { isRecord } from '../plan/json.ts';
import { isDnsLabel } from '../plan/kubernetes-names.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { CollectItem, LogContent } from '../plan/plan.ts';
import { containerStatusesOf } from '../plan/pods.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import { DURATION, DURATION_EXPECTED, parseDuration } from '../spec/duration.ts';
import type { Action, Question, Refusal } from './action.ts';
import {
  COLLECTABLE,
  counted,
  fileName,
  findTargets,
  ONLY_READS,
  READ_TARGETS,
  readsOfTargets,
  sayTargets,
  type Targets,
  targetRef,
} from './collect-targets.ts';
import { POD, pathOf } from './workloads.ts';

const MEBIBYTE = 1024 * 1024;

const parameters = z.strictObject({
  container: z.string().refine(isDnsLabel).optional().meta({
    expectation: 'the name of a container',
    description: 'This container alone; all of each pod where left out, init containers included.',
  }),
  previous: z
    .boolean()
    .default(true)
    .describe('Also the log of the container that ran before, where one was restarted.'),
  since: z
    .string()
    .regex(DURATION)
    .refine((text) => parseDuration(text) !== 0, { message: 'is no time at all; expected at least 1s' })
    .optional()
    .meta({ expectation: DURATION_EXPECTED, description: 'Only lines of this long ago and later.' }),
  'tail-lines': z
    .int()
    .min(1)
    .max(10_000_000)
    .optional()
    .describe('Only so many lines from the end of each log.'),
  'limit-bytes': z
    .int()
    .min(1)
    .max(1024 * MEBIBYTE)
    .default(50 * MEBIBYTE)
    .describe('Of each log; a longer one is cut behind it, and reported as cut.'),
  timestamps: z.boolean().default(false).describe('Begin each line with the time at which it was written.'),
});

type Parameters = z.infer<typeof parameters>;

export const collectLogs: Action<Parameters> = {
  name: 'collect-logs',
  aliases: ['gather-logs'],
  summary:
    'Collects the logs of pods into the artifact, a file per container, as they are at that moment. Changes nothing and starts no Job.',
  kinds: COLLECTABLE,
  parameters,
  permissions: [...READ_TARGETS, { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] }],
  writableFields: [],
  scope: 'namespace',
  selectable: true,
  reversible: false,
  driftsFromSource: false,
  verifyTimeoutSeconds: 60,

  reads: readsOfTargets,

  plan(question, seen) {
    const targets = findTargets(question, seen);
    if (targets.kind === 'refusal') return targets;
    const collects = targets.pods.flatMap((pod) => logsOf(pod, question));
    if (collects.length === 0) return noLogs(question, targets);
    const of = sayTargets(question, targets.roots.length);
    const pods = question.kind.kind === 'Pod' ? '' : `${counted(targets.pods.length, 'pod')} of `;
    return {
      ...ONLY_READS,
      target: targetRef(question, targets),
      summary: `collect ${counted(collects.length, 'log')} of ${pods}${of}`,
      collects,
    };
  },
};

function logsOf(pod: KubernetesObject, question: Question<Parameters>): readonly CollectItem[] {
  const { container, previous } = question.parameters;
  return containersOf(pod)
    .filter((name) => container === undefined || container === name)
    .flatMap((name) => {
      const folder = `logs/${fileName(pod.metadata.name)}/${fileName(name)}`;
      return [
        { file: `${folder}.log`, content: logOf(pod, name, question, false) },
        ...(previous && hasPrevious(pod, name)
          ? [{ file: `${folder}.previous.log`, content: logOf(pod, name, question, true) }]
          : []),
      ];
    });
}

function logOf(
  pod: KubernetesObject,
  container: string,
  { namespace, parameters: asked }: Question<Parameters>,
  previous: boolean,
): LogContent {
  return {
    kind: 'log',
    path: { ...pathOf(POD, namespace, pod.metadata.name), subresource: 'log' },
    uid: pod.metadata.uid,
    container,
    previous,
    query: {
      ...(asked.since === undefined ? {} : { sinceSeconds: String(parseDuration(asked.since)) }),
      ...(asked['tail-lines'] === undefined ? {} : { tailLines: String(asked['tail-lines']) }),
      ...(asked.timestamps ? { timestamps: 'true' } : {}),
    },
    limitBytes: asked['limit-bytes'],
  };
}

/** In the order in which they ran. */
function containersOf(pod: KubernetesObject): readonly string[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) => {
    const containers = readPointer(pod, `/spec/${list}`);
    return Array.isArray(containers) ? containers.map((one) => textAt(one, '/name')) : [];
  });
}

function hasPrevious(pod: KubernetesObject, container: string): boolean {
  const status = containerStatusesOf(pod).find((one) => textAt(one, '/name') === container);
  return isRecord(readPointer(status, '/lastState/terminated'));
}

function noLogs(question: Question<Parameters>, { roots, pods }: Targets): Refusal {
  const { container } = question.parameters;
  const of = sayTargets(question, roots.length);
  const names = [...new Set(pods.flatMap(containersOf))].toSorted();
  const message =
    container === undefined || pods.length === 0
      ? `there are no pods of ${of}, so there are no logs. Its Events may say why: run collect-diagnostics.`
      : `no pod of ${of} has a container ${container}; there are ${names.join(', ')}.`;
  return { kind: 'refusal', reasonCode: 'target-unsuitable', message };
}
