/** `kubernetesexecution.kubernaut.io/v1alpha1`, in the two shapes that its sources have. */
import { z } from 'zod';
import {
  approvalReceived,
  conditions,
  maxRetries,
  metadata,
  openMap,
  reported,
  targetCluster,
  text,
  timeout,
  unused,
  used,
  workflowReference,
} from './manifest-parts.ts';

export const V1ALPHA1 = 'kubernetesexecution.kubernaut.io/v1alpha1';
export const KIND = 'KubernetesExecution';
export const ONE_OF_NAME_AND_SELECTOR = 'must have one of resourceName and selector';

const head = {
  apiVersion: z.literal(V1ALPHA1),
  kind: z.literal(KIND),
  metadata: metadata.optional(),
  status: z.unknown().optional().meta(unused('Of an earlier execution; not read.')),
};

const common = {
  workflowExecutionRef: workflowReference,
  stepNumber: z.int().min(1).optional().meta(reported("Becomes the report's label `step`.")),
  stepIndex: z.int().min(0).optional().meta(reported("Becomes the report's label `step`.")),
  targetCluster,
  maxRetries,
  timeout,
  approvalReceived,
  preConditions: conditions,
  postConditions: conditions,
};

/** `action: scale_deployment`, and `parameters` with one member named like it. */
export const unionManifest = z.strictObject({
  ...head,
  spec: z.strictObject({
    ...common,
    action: text.meta(used('Name or alias of an action, in kebab-case, snake_case or PascalCase.')),
    parameters: z
      .record(z.string(), openMap)
      .meta(used('One member, named like the action: its target, `namespace` and parameters.')),
  }),
});

/** `action` with `type`, `parameters` and `target`. */
export const objectManifest = z.strictObject({
  ...head,
  spec: z.strictObject({
    ...common,
    action: z.strictObject({
      type: text.meta(used('Name or alias of an action, in kebab-case, snake_case or PascalCase.')),
      parameters: openMap.optional().meta(used("The action's parameters.")),
      target: z
        .strictObject({
          namespace: text.optional(),
          resourceKind: text.optional(),
          resourceName: text.optional(),
          selector: text
            .optional()
            .meta(
              used(
                'In place of `resourceName`: all objects with these labels, `app=web,tier in (a,b)`, for actions that take several.',
              ),
            ),
        })
        .refine(({ resourceName, selector }) => resourceName === undefined || selector === undefined, {
          message: ONE_OF_NAME_AND_SELECTOR,
        })
        .optional()
        .meta(
          used(
            'What is acted upon; without `resourceKind` the first kind of the action. Actions on the objects of a manifest need none.',
          ),
        ),
    }),
  }),
});

export type UnionManifest = z.infer<typeof unionManifest>;
export type ObjectManifest = z.infer<typeof objectManifest>;
