/**
 * What the inputs of a rollback say of it. Its plan is that of the run which it undoes, with the settings of that run, so
 * these stand in the Job's arguments, where admission holds them against an annotation.
 */
import type { ExecutionSettings } from '../plan/plan.ts';

export type RollbackSettings = Omit<ExecutionSettings, 'onFailure' | 'soakSeconds'>;

/** `on-locked=wait,lock-timeout=300,…`: durations in whole seconds. */
export function writeRollbackSettings(settings: RollbackSettings): string {
  return [
    `on-locked=${settings.onLocked}`,
    `lock-timeout=${settings.lockTimeoutSeconds}`,
    `verify-timeout=${settings.verifyTimeoutSeconds}`,
    `run-timeout=${settings.runTimeoutSeconds}`,
    `schedule-timeout=${settings.scheduleTimeoutSeconds}`,
  ].join(',');
}

const WRITTEN =
  /^on-locked=(fail|wait|skip),lock-timeout=(\d{1,6}),verify-timeout=(\d{1,6}),run-timeout=(\d{1,6}),schedule-timeout=(\d{1,6})$/;

/** `undefined` where the text is nothing that `writeRollbackSettings` writes. */
export function readRollbackSettings(text: string): RollbackSettings | undefined {
  const [, onLocked, ...seconds] = WRITTEN.exec(text) ?? [];
  if (onLocked === undefined) return undefined;
  const [lock = 0, verify = 0, run = 0, schedule = 0] = seconds.map(Number);
  return {
    onLocked: onLocked as RollbackSettings['onLocked'],
    lockTimeoutSeconds: lock,
    verifyTimeoutSeconds: verify,
    runTimeoutSeconds: run,
    scheduleTimeoutSeconds: schedule,
  };
}
