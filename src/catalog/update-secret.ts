import { z } from 'zod';
import { DATA_KEY_EXPECTED, isDataKey } from '../plan/kubernetes-names.ts';
import type { Action } from './action.ts';
import { SECRET, type SecretParameters, secretPlanner } from './plan-secret-update.ts';
import { RESTARTED_FIELDS } from './restart-consumers.ts';
import { ROLLOUT_SECONDS } from './workloads.ts';

const key = z.string().refine(isDataKey).meta({ expectation: DATA_KEY_EXPECTED });

const parameters = z.strictObject({
  remove: z.array(key).default([]).describe('Keys to remove. Keys not named here and not given values stay.'),
  'restart-consumers': z
    .boolean()
    .default(false)
    .describe('Restart the workloads that use one of the keys, pod by pod, once the values are changed.'),
  data: z
    .custom<undefined>(() => false, {
      message:
        'is refused: specs and parameters are stored and shown in clear. Give the values in the input secret-values, which is masked',
    })
    .optional()
    .describe('Refused, here and in manifests: values are given in the input `secret-values`.'),
});

export const updateSecret: Action<SecretParameters> = {
  ...secretPlanner,
  aliases: ['patch-secret', 'rotate-secrets', 'rotate-secret'],
  summary:
    'Sets keys of a Secret to the values of the input `secret-values` and removes others, lists the workloads that use them and, if asked, restarts those pod by pod. Of values nothing is written anywhere but that they are `changed` or the `same`: what is read, planned and rehearsed happens in a Job in the cluster. The plan hash covers keys and the version of the Secret, not the values.',
  kinds: [SECRET],
  parameters,
  writableFields: [
    { apiGroup: '', version: 'v1', resource: 'secrets', paths: [['data']] },
    ...RESTARTED_FIELDS,
  ],
  takesValues: true,
  reversible: true,
  driftsFromSource: true,
  verifyTimeoutSeconds: ROLLOUT_SECONDS,
};
