import type { Allowed } from '../spec/build-execution.ts';
import { DNS_LABEL_EXPECTED, isDnsLabel } from '../spec/kubernetes-names.ts';
import type { Report } from '../spec/problems.ts';
import { quote } from '../spec/problems.ts';
import type { Mode, RunOptions } from '../spec/request.ts';
import type { GivenInputs } from './given-inputs.ts';
import type { InputValues } from './input-values.ts';

interface Reading {
  readonly given: GivenInputs;
  readonly values: InputValues;
  readonly report: Report;
}

/** Has no default in the registry: GitHub would pass it on as if it had been given, also beside a target. */
const DEFAULT_MAX_TARGETS = 10;
const PLAN_HASH = /^sha256:[0-9a-f]{64}$/;
/** What the artifact service refuses in a name. */
const NOT_IN_ARTIFACT_NAME = /["':<>|*?\r\n\\/]/;

const MEANT_MODES = {
  'dry-run': 'plan',
  dry_run: 'plan',
  dryrun: 'plan',
  diff: 'plan',
  undo: 'rollback',
} as const;

export function readMode({ given, values, report }: Reading): Mode {
  const mode = values.oneOf('mode', ['run', 'plan', 'apply', 'rollback', 'simulate'], MEANT_MODES);
  if (given.orDefault('mode') !== mode) return mode;
  for (const [input, itsMode] of [
    ['plan-hash', 'apply'],
    ['execution-id', 'rollback'],
  ] as const) {
    const isGiven = given.text(input) !== undefined;
    if (mode === itsMode && !isGiven) {
      report({ where: `input ${input}`, message: `is not given; mode: ${itsMode} needs it` });
    }
    if (mode !== itsMode && isGiven) {
      report({ where: `input ${input}`, message: `is for mode: ${itsMode} alone, but the mode is ${mode}` });
    }
  }
  return mode;
}

export function readAllowed({ given, values, report }: Reading): Omit<Allowed, 'isRollback'> {
  const runSeconds = values.seconds('run-timeout', 1);
  const verify = given.text('verify-timeout') === undefined ? undefined : values.seconds('verify-timeout', 1);
  const soakSeconds = values.seconds('soak', 0);
  if ((verify ?? 0) + soakSeconds >= runSeconds) {
    report({
      where: 'input run-timeout',
      message: `${quote(given.orDefault('run-timeout'))} leaves no time for verify-timeout and soak; give more`,
    });
  }
  return {
    settings: {
      onFailure: values.oneOf('on-failure', ['rollback', 'keep']),
      onLocked: values.oneOf('on-locked', ['fail', 'wait', 'skip']),
      lockTimeoutSeconds: values.seconds('lock-timeout', 0),
      soakSeconds,
    },
    ...(verify === undefined ? {} : { verifyTimeoutSeconds: verify }),
    retries: values.wholeNumber('retries', { from: 0, to: 5 }) ?? 0,
    maxTargets: values.wholeNumber('max-targets', { from: 1, to: 1000 }) ?? DEFAULT_MAX_TARGETS,
    timeouts: {
      totalSeconds: values.seconds('timeout', 1),
      scheduleSeconds: values.seconds('schedule-timeout', 1),
      runSeconds,
    },
  };
}

export function readOptions(reading: Reading): RunOptions {
  const { values } = reading;
  return {
    jobNamespace: readJobNamespace(reading),
    jobLabels: values.keyValues('job-labels', 'labels'),
    jobAnnotations: values.keyValues('job-annotations', 'annotations'),
    streamLogs: values.isOn('stream-logs'),
    uploadArtifact: values.oneOf('upload-artifact', ['always', 'on-failure', 'never']),
    gitops: values.oneOf('gitops', ['refuse', 'warn']),
    force: values.isOn('force'),
    maxRisk: values.oneOf('max-risk', ['low', 'medium', 'high', 'critical']),
    ...present('artifactName', readArtifactName(reading)),
    ...present('retentionDays', values.wholeNumber('retention-days', { from: 1, to: 400 })),
    ...present('maxReplicaChange', values.wholeNumber('max-replica-change', { from: 0, to: 1000 })),
    ...present('expectedUid', reading.given.text('expected-uid')?.trim()),
    ...present('planHash', readPlanHash(reading)),
    ...present('executionId', readExecutionId(reading)),
  };
}

function readJobNamespace({ given, report }: Reading): string {
  const name = given.orDefault('job-namespace');
  if (!isDnsLabel(name)) {
    report({ where: 'input job-namespace', message: `${quote(name)} is not ${DNS_LABEL_EXPECTED}` });
  }
  return name;
}

function readArtifactName({ given, report }: Reading): string | undefined {
  const name = given.text('artifact-name')?.trim();
  if (name !== undefined && NOT_IN_ARTIFACT_NAME.test(name)) {
    report({
      where: 'input artifact-name',
      message: `${quote(name)} has a character that GitHub refuses in the name of an artifact: one of " ' : < > | * ? \\ /`,
    });
  }
  return name;
}

function readPlanHash({ given, report }: Reading): string | undefined {
  const hash = given.text('plan-hash')?.trim();
  if (hash !== undefined && !PLAN_HASH.test(hash)) {
    report({
      where: 'input plan-hash',
      message: `${quote(hash)} is not the output plan-hash of a run: "sha256:" and 64 hex digits`,
    });
  }
  return hash;
}

function readExecutionId({ given, report }: Reading): string | undefined {
  const id = given.text('execution-id')?.trim();
  if (id !== undefined && !isDnsLabel(id)) {
    report({ where: 'input execution-id', message: `${quote(id)} is not the output execution-id of a run` });
  }
  return id;
}

/** An absent member instead of an undefined one. */
function present<Key extends string, Value>(key: Key, value: Value | undefined): { [key in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { [key in Key]?: Value });
}
