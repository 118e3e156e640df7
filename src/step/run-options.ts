import { DNS_LABEL_EXPECTED, isDnsLabel } from '../plan/kubernetes-names.ts';
import type { Allowed } from '../spec/build-execution.ts';
import { present } from '../spec/present.ts';
import type { Report } from '../spec/problems.ts';
import { quote } from '../spec/problems.ts';
import type { ExecutionRequest, Mode, RunOptions } from '../spec/request.ts';
import type { GivenInputs } from './given-inputs.ts';
import type { InputName } from './input-registry.ts';
import type { InputValues, Range } from './input-values.ts';

interface Reading {
  readonly given: GivenInputs;
  readonly values: InputValues;
  readonly report: Report;
}

/** Has no default in the registry: GitHub would pass it on as if it had been given, also beside a target. */
const DEFAULT_MAX_TARGETS = 10;
const EXECUTION_ID = /^([a-z][a-z-]*)-[0-9a-f]{10}$/;
const PLAN_HASH = /^sha256:[0-9a-f]{64}$/;
/** What `@actions/artifact` refuses in a name. */
const NOT_IN_ARTIFACT_NAME = /[":<>|*?\r\n\\/]/;

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

export function readAllowed(reading: Reading): Omit<Allowed, 'isRollback'> {
  const { given, values } = reading;
  const totalSeconds = values.seconds('timeout', 1);
  const scheduleSeconds = values.seconds('schedule-timeout', 1);
  const runSeconds = values.seconds('run-timeout', 1);
  const verify = given.text('verify-timeout') === undefined ? undefined : values.seconds('verify-timeout', 1);
  const soakSeconds = values.seconds('soak', 0);
  const onLocked = values.oneOf('on-locked', ['fail', 'wait', 'skip']);
  const lockTimeoutSeconds = values.seconds('lock-timeout', 0);
  const seconds = { totalSeconds, scheduleSeconds, runSeconds, lockTimeoutSeconds, verify };
  reportContradictions(reading, { ...seconds, isWaiting: onLocked === 'wait' });
  return {
    settings: {
      onFailure: values.oneOf('on-failure', ['rollback', 'keep']),
      onLocked,
      lockTimeoutSeconds,
      soakSeconds,
    },
    ...(verify === undefined ? {} : { verifyTimeoutSeconds: verify }),
    retries: values.wholeNumber('retries', { from: 0, to: 5 }),
    maxTargets: numberIfGiven(reading, 'max-targets', { from: 1, to: 1000 }) ?? DEFAULT_MAX_TARGETS,
    timeouts: { totalSeconds, scheduleSeconds, runSeconds },
  };
}

interface Times {
  readonly totalSeconds: number;
  readonly scheduleSeconds: number;
  readonly runSeconds: number;
  readonly lockTimeoutSeconds: number;
  readonly verify: number | undefined;
  readonly isWaiting: boolean;
}

/** Of times that were given. A default that does not fit is shortened; GitHub passes it on like one that was given. */
function reportContradictions({ given, report }: Reading, times: Times): void {
  const { totalSeconds, scheduleSeconds, runSeconds, lockTimeoutSeconds, verify, isWaiting } = times;
  const refuse = (input: InputName, message: string): void => report({ where: `input ${input}`, message });
  const said = (input: InputName): string => given.orDefault(input);
  if (verify !== undefined && verify >= runSeconds) {
    const needed = said('verify-timeout');
    const message = `is too short; verify-timeout ${needed} needs a run-timeout above ${needed}`;
    refuse('run-timeout', `${quote(said('run-timeout'))} ${message}`);
  }
  if (given.differs('schedule-timeout') && scheduleSeconds > totalSeconds) {
    const message = `is longer than timeout ${said('timeout')}, which has to hold all; give a timeout above`;
    refuse('schedule-timeout', `${quote(said('schedule-timeout'))} ${message} ${said('schedule-timeout')}`);
  }
  if (!given.differs('lock-timeout')) return;
  if (!isWaiting) {
    refuse('lock-timeout', `is for on-locked: wait alone, but on-locked is ${said('on-locked')}`);
  } else if (lockTimeoutSeconds >= runSeconds) {
    const message = `is part of run-timeout ${said('run-timeout')}; give a run-timeout above`;
    refuse('lock-timeout', `${quote(said('lock-timeout'))} ${message} ${said('lock-timeout')}`);
  }
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
    ...present('retentionDays', numberIfGiven(reading, 'retention-days', { from: 1, to: 400 })),
    ...present('maxReplicaChange', numberIfGiven(reading, 'max-replica-change', { from: 0, to: 1000 })),
    ...present('expectedUid', reading.given.text('expected-uid')?.trim()),
    ...present('planHash', readPlanHash(reading)),
    ...present('executionId', readExecutionId(reading)),
  };
}

/** Of an input without a default. */
function numberIfGiven({ given, values }: Reading, name: InputName, range: Range): number | undefined {
  return given.text(name) === undefined ? undefined : values.wholeNumber(name, range);
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
      message: `${quote(name)} has a character that GitHub refuses in the name of an artifact: one of " : < > | * ? \\ /`,
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

/** The name of the action in it tells at once what the cluster would refuse later. */
export function reportOtherAction(
  id: string | undefined,
  executions: readonly ExecutionRequest[],
  report: Report,
): void {
  const [, its] = EXECUTION_ID.exec(id ?? '') ?? [];
  for (const { action } of executions) {
    if (its === undefined || its === action.name) continue;
    report({
      where: 'input execution-id',
      message: `${quote(id)} is of ${its}, but ${action.name} is asked for; give the action, target and namespace of the run to undo`,
    });
  }
}

function readExecutionId({ given, report }: Reading): string | undefined {
  const id = given.text('execution-id')?.trim();
  if (id !== undefined && !EXECUTION_ID.test(id)) {
    report({
      where: 'input execution-id',
      message: `${quote(id)} is not the output execution-id of a run: the name of its action, "-" and 10 hex digits`,
    });
  }
  return id;
}
