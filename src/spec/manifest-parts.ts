/**
 * Pieces that the manifest's versions share. Every field says in `description` what becomes of it and in
 * `effect` whether it has one; `docs/spec.md` and the JSON schema are generated from that.
 */
import { z } from 'zod';
import { sayGrantedByInput } from './authority.ts';
import { DURATION, DURATION_EXPECTED, parseDuration } from './duration.ts';

/** `used`: changes what is done. `reported`: only passed on to the report. `none`: accepted, nothing comes of it. */
export type FieldEffect = 'used' | 'reported' | 'none';

type FieldNote = { effect: FieldEffect; description: string };

export function used(description: string): FieldNote {
  return { effect: 'used', description };
}

export function reported(description: string): FieldNote {
  return { effect: 'reported', description };
}

export function unused(description: string): FieldNote {
  return { effect: 'none', description };
}

/** Seconds. The sources serialise "not set" as `0s`. */
export const duration = z
  .string()
  .regex(DURATION)
  .transform((text) => parseDuration(text))
  .transform((seconds) => (seconds === 0 ? undefined : seconds))
  .meta({ expectation: DURATION_EXPECTED });

export const openMap = z.record(z.string(), z.unknown());
export const text = z.string();
export const riskLevel = z.enum(['low', 'medium', 'high', 'critical']);

/** A boolean that may only have one value here; the other is what an input grants, or what nobody can. */
export function only(value: boolean, otherwise: string): z.ZodType<boolean> {
  return z
    .boolean()
    .refine((given) => given === value, { message: `${String(!value)} is refused: ${otherwise}` });
}

/** What `kubectl get -o yaml` prints is accepted as it is. */
export const metadata = z.looseObject({
  name: text.optional().meta(reported("Becomes the report's label `manifest`.")),
  namespace: text.optional().meta(reported('Of the manifest, not of the target.')),
  labels: z.record(z.string(), z.string()).optional().meta(reported("Become the report's labels.")),
  annotations: z.record(z.string(), z.string()).optional().meta(unused('Not passed on.')),
});

const reference = {
  name: text.optional(),
  namespace: text.optional(),
};

/** A Kubernetes ObjectReference, or the sources' own with `stepId`. */
export const workflowReference = z
  .strictObject({
    ...reference,
    stepId: text.optional(),
    apiVersion: text.optional(),
    kind: text.optional(),
    uid: text.optional(),
    resourceVersion: text.optional(),
    fieldPath: text.optional(),
  })
  .optional()
  .meta(reported("Becomes the report's labels `workflow-execution` and `step`."));

export const alertReference = z
  .strictObject(reference)
  .optional()
  .meta(reported("Becomes the report's label `alert-remediation`."));

export const timeout = duration
  .optional()
  .meta(used('Shortens every time limit of the inputs that is longer; never lengthens one.'));

export const maxRetries = z
  .int()
  .min(0)
  .max(5)
  .optional()
  .meta(used('Lowers the input `retries`; never raises it.'));

export const targetCluster = text
  .refine((cluster) => cluster === '', { message: sayGrantedByInput('context') })
  .optional()
  .meta(used('Must be empty: the cluster is chosen by the credential inputs.'));

export const approvalReceived = only(
  false,
  `an approved plan is run with the inputs "mode: apply" and "plan-hash"`,
)
  .optional()
  .meta(used('Must be false: a spec can not approve itself.'));

const CANNOT_EVALUATE =
  'Rego conditions are not evaluated by this version, so a required one would be passed over unseen; set "required: false" or remove it';

const condition = z.strictObject({
  type: text,
  description: text.optional(),
  rego: text.optional(),
  required: only(false, CANNOT_EVALUATE).optional(),
  timeout: duration.optional(),
});

export const conditions = z
  .array(condition)
  .optional()
  .meta(unused('Not evaluated; `required: true` is refused, since it would be passed over unseen.'));
