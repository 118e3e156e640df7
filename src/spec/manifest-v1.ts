/** `executor.kubernaut.io/v1`, the older form. */
import { z } from 'zod';
import { isLabelKey, isLabelValue } from '../plan/kubernetes-names.ts';
import { sayGrantedByInput } from './authority.ts';
import {
  alertReference,
  duration,
  maxRetries,
  metadata,
  only,
  openMap,
  reported,
  riskLevel,
  text,
  timeout,
  unused,
  used,
  workflowReference,
} from './manifest-parts.ts';
import { KIND } from './manifest-v1alpha1.ts';

export const V1 = 'executor.kubernaut.io/v1';

const SAFETY_CHECKS = [
  'cluster-connectivity',
  'resource-existence',
  'dependency-validation',
  'permission-check',
  'resource-lock',
  'business-rules',
  'compliance-rules',
  'version-compatibility',
  'resource-ownership',
] as const;

const ROLLBACK_TRIGGERS = [
  'execution-failure',
  'validation-failure',
  'timeout',
  'side-effect-detected',
  'health-check-failed',
] as const;

const labelKey = text.refine(isLabelKey, { message: 'no label can have such a key' });
const labelValue = text.refine(isLabelValue, {
  message: 'no label can have such a value; a selector can only be given in v1alpha1 or as input',
});

const flag = z.boolean().optional();

const actionDefinition = z.strictObject({
  actionType: text.meta(used('Name or alias of an action, in kebab-case, snake_case or PascalCase.')),
  actionMetadata: z
    .strictObject({
      version: z
        .string()
        .regex(/^v\d+\.\d+$/)
        .optional()
        .meta({ expectation: 'a version such as v1.2' }),
      category: z.enum(['core', 'extended', 'custom']).optional(),
      deprecated: flag,
      riskLevel: riskLevel.optional(),
      prerequisites: z.array(text).optional(),
    })
    .optional()
    .meta(unused('The catalogue knows its actions; the risk is worked out from the plan.')),
  targetResource: z
    .strictObject({
      apiVersion: text.optional().meta(used('Must be that of the kind.')),
      kind: text.meta(used('One of the kinds that the action takes.')),
      namespace: text.optional().meta(used('Namespace of the target.')),
      name: text.optional().meta(used('Name of the target.')),
      labels: z
        .record(labelKey, labelValue)
        .optional()
        .meta(
          used(
            'Without a `name`: all objects with these labels are the targets, for actions that take several. Beside a name they have no effect.',
          ),
        ),
      fieldSelectors: z.array(text).optional().meta(unused('The target is what name or labels say.')),
    })
    .optional(),
  parameters: openMap
    .optional()
    .meta(
      used(
        "The action's parameters. Of the parameters common to all actions `dryRun` and `force` must be false; `gracePeriodSeconds` counts where the action has it; `expectedConditions` and `customConfig` have no effect.",
      ),
    ),
});

const rollbackConfig = z.strictObject({
  enableAutoRollback: only(true, sayGrantedByInput('on-failure'))
    .optional()
    .meta(used('`true` undoes on failure whatever `on-failure` says; `false` is refused.')),
  rollbackTimeout: duration
    .optional()
    .meta(unused('How long an undo may take follows from the inputs; the README says how.')),
  preserveRollbackState: flag.meta(unused('The undo is always recorded before anything is sent.')),
  rollbackTriggers: z
    .array(z.enum(ROLLBACK_TRIGGERS))
    .optional()
    .meta(unused('Every failure after a request was sent triggers the undo.')),
});

const safetyConfig = z.strictObject({
  riskLevel: riskLevel.optional().meta(unused('The risk is worked out from the plan.')),
  requireApproval: flag.meta(used('`mode: run` is refused; `mode: plan` and `mode: apply` are the way.')),
  safetyChecks: z
    .array(z.enum(SAFETY_CHECKS))
    .optional()
    .meta(unused('All checks that this version has always run; the list adds and removes none.')),
  rollbackConfig: rollbackConfig.optional(),
});

const validationConfig = z.strictObject({
  preExecutionValidation: flag.meta(unused('Always on.')),
  postExecutionValidation: flag.meta(unused('Always on.')),
  sideEffectDetection: flag.meta(unused('There is none beyond what the action verifies.')),
  effectivenessScoring: flag.meta(unused('The score is reported in any case.')),
  healthCheckTimeout: duration
    .optional()
    .meta(used("Shortens the verification's time limit where that is longer.")),
});

const monitoringConfig = z
  .strictObject({
    enableProgressReporting: flag,
    progressInterval: duration.optional(),
    enableMetricsCollection: flag,
    enableAuditLogging: flag,
    resourceMonitoring: z
      .strictObject({
        enableCpuMonitoring: flag,
        enableMemoryMonitoring: flag,
        enableNetworkMonitoring: flag,
        cpu: flag,
        memory: flag,
        network: flag,
      })
      .optional(),
  })
  .optional()
  .meta(unused('Progress and report are always there; resource use is not measured.'));

const retryPolicy = z
  .strictObject({
    maxRetries,
    backoffMultiplier: z.number().min(1).optional(),
    retryDelay: duration.optional(),
    retryableErrors: z.array(text).optional(),
  })
  .optional()
  .meta(
    used(
      '`maxRetries` lowers the input `retries`. What is tried again, and how soon, is not chosen: only a Job that the cluster took away before anything was sent.',
    ),
  );

const executionConfig = z.strictObject({
  timeout,
  priority: z
    .enum(['low', 'normal', 'high', 'critical'])
    .optional()
    .meta(reported("Becomes the report's label `priority`; there is no queue to order.")),
  retryPolicy,
  safetyConfig: safetyConfig.optional(),
  validationConfig: validationConfig.optional(),
  monitoringConfig,
});

export const v1Manifest = z.strictObject({
  apiVersion: z.literal(V1),
  kind: z.literal(KIND),
  metadata: metadata.optional(),
  spec: z.strictObject({
    alertRemediationRef: alertReference,
    workflowExecutionRef: workflowReference,
    actionDefinition,
    executionConfig: executionConfig.optional(),
  }),
  status: z.unknown().optional().meta(unused('Of an earlier execution; not read.')),
});

export type V1Manifest = z.infer<typeof v1Manifest>;
