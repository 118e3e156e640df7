import { z } from 'zod';
import type { KubernetesObject } from '../plan/objects.ts';
import { say } from '../plan/objects.ts';
import { readPointer, textAt } from '../plan/pointer.ts';
import type { Action, PlanDraft, Question, Refusal } from './action.ts';
import {
  CHANGE_WORKLOADS,
  planTemplateChange,
  ROLLED_OUT,
  templateWritableFields,
} from './change-template.ts';
import { containersOf, type TemplateContainer } from './containers.ts';
import { parseImage, sayNoImage } from './image-reference.ts';
import { notFound, READ_NAMESPACE, ROLLOUT_SECONDS, refOf, targetPath } from './workloads.ts';

const LISTS = ['containers', 'initContainers'] as const;

const image = z
  .string()
  .refine((text) => parseImage(text) !== undefined, {
    error: ({ input }) => sayNoImage(String(input)),
    params: { isOfValue: true },
  })
  .meta({ expectation: "an image's name" });

const parameters = z
  .strictObject({
    container: z
      .string()
      .optional()
      .describe(
        'The container or init container; may be left out where the pod has one container. Goes with `image` alone.',
      ),
    image: image
      .optional()
      .describe(
        'The image that it shall run, as `registry/name:tag@digest`. Either this or `images` is given.',
      ),
    images: z
      .record(z.string(), image)
      .refine((given) => Object.keys(given).length > 0, { message: 'names no container' })
      .optional()
      .describe('For several containers at once: a map from container to image.'),
  })
  .refine((given) => (given.image === undefined) !== (given.images === undefined), {
    message: 'give either image or images',
  })
  .refine((given) => given.container === undefined || given.images === undefined, {
    message: 'give container with image alone; images names its containers itself',
  });

type Parameters = z.infer<typeof parameters>;

export const updateImage: Action<Parameters> = {
  name: 'update-image',
  aliases: ['set-image', 'update-image-deployment', 'update-image-statefulset', 'update-image-daemonset'],
  summary:
    'Gives containers of a Deployment, StatefulSet or DaemonSet another image and waits until the rollout is complete; an image that can not be pulled is recognised and taken back.',
  kinds: ROLLED_OUT,
  parameters,
  permissions: [...READ_NAMESPACE, CHANGE_WORKLOADS],
  writableFields: ROLLED_OUT.map((kind) =>
    templateWritableFields(
      kind,
      LISTS.map((list) => ['spec', 'template', 'spec', list, '*', 'image']),
    ),
  ),
  scope: 'namespace',
  reversible: true,
  driftsFromSource: true,
  verifyTimeoutSeconds: ROLLOUT_SECONDS,

  reads: (question) => [{ kind: 'get', path: targetPath(question) }],

  plan(question, seen) {
    const workload = seen.get(targetPath(question));
    if (!workload) return notFound(question);
    const wanted = findWanted(question, workload);
    return 'kind' in wanted ? wanted : planImages(question, workload, wanted);
  },
};

interface Wanted {
  readonly container: TemplateContainer;
  readonly image: string;
}

/** The containers that are named and what each shall run; refused where a name is missing or fits none. */
function findWanted(
  { kind, name, parameters: given }: Question<Parameters>,
  workload: KubernetesObject,
): readonly Wanted[] | Refusal {
  const all = LISTS.flatMap((list) => containersOf(workload, list));
  const [first, ...others] = containersOf(workload, 'containers');
  const only = others.length === 0 ? first?.name : undefined;
  const asked = Object.entries(given.images ?? { [given.container ?? only ?? '']: given.image ?? '' });
  const wanted = asked.flatMap(([containerName, toRun]) => {
    const container = all.find((one) => one.name === containerName);
    return container ? [{ container, image: toRun }] : [];
  });
  if (wanted.length === asked.length) return wanted;
  const unknown = asked.map(([asName]) => asName).filter((asName) => !all.some((one) => one.name === asName));
  const has = `${say({ kind: kind.kind, name })} has ${all.map((one) => one.name).join(', ')}`;
  return {
    kind: 'refusal',
    reasonCode: 'target-unsuitable',
    message: unknown.includes('')
      ? `say which container shall run ${given.image ?? ''}: ${has}. Name one in the parameter container.`
      : `there is no container ${unknown.join(', ')}: ${has}.`,
  };
}

function planImages(
  question: Question<Parameters>,
  workload: KubernetesObject,
  wanted: readonly Wanted[],
): PlanDraft | Refusal {
  const name = say(refOf(question.kind, workload));
  const changed = wanted.filter(({ container, image: toRun }) => container.image !== toRun);
  const what = changed
    .map(({ container, image: toRun }) => `${container.name} from ${container.image} to ${toRun}`)
    .join(', ');
  return planTemplateChange({
    kind: question.kind,
    workload,
    summary:
      what === ''
        ? `leave the images of ${name} in ${question.namespace}, which are as asked already`
        : `change the image of ${name} in ${question.namespace}: ${what}`,
    change: `set the image of ${changed.map(({ container }) => container.name).join(', ')} in the pod template of ${name}`,
    takeBack: `put back the image of ${name}`,
    fields: changed.map(({ container, image: toRun }) => ({
      pointer: `${container.pointer}/image`,
      before: container.image,
      after: toRun,
    })),
    alsoTest: changed.map(({ container }) => ({
      pointer: `${container.pointer}/name`,
      value: container.name,
    })),
    notes: [...notesOnTags(wanted), ...notesOnRegistries(workload, changed)],
  });
}

/** A tag can be moved in the registry: the same name may then be another image, also for the undo. */
function notesOnTags(wanted: readonly Wanted[]): readonly string[] {
  return wanted.flatMap(({ container, image: toRun }) => {
    const parsed = parseImage(toRun);
    if (parsed?.digest !== undefined) return [];
    const moves =
      parsed?.tag === undefined || parsed.tag === 'latest'
        ? 'is whatever is newest when a node pulls it'
        : 'can be moved in its registry';
    const unchanged =
      container.image === toRun
        ? ' Where it was moved, rollout-restart makes the nodes that always pull take the new one.'
        : '';
    return [`${toRun} has no digest, so it ${moves}; name@sha256:… always is the same image.${unchanged}`];
  });
}

function notesOnRegistries(workload: KubernetesObject, changed: readonly Wanted[]): readonly string[] {
  const secrets = readPointer(workload, '/spec/template/spec/imagePullSecrets');
  const named = Array.isArray(secrets) ? secrets.map((secret) => textAt(secret, '/name')).join(', ') : '';
  return changed.flatMap(({ container, image: toRun }) => {
    const from = parseImage(container.image)?.registry;
    const to = parseImage(toRun)?.registry;
    return from === to
      ? []
      : [
          `${container.name} comes from ${to ?? toRun} instead of ${from ?? container.image}: the nodes must reach it, and where it asks for credentials they must be in the pods' imagePullSecrets (${named || 'there are none'}) or those of their ServiceAccount.`,
        ];
  });
}
