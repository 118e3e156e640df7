import { type Action, readsOnly } from '../catalog/action.ts';
import type { ExecutionSettings } from '../plan/plan.ts';
import type { Asked } from './asked.ts';
import { renderDuration } from './duration.ts';
import { type FoundAction, findAction, refuseAction } from './find-action.ts';
import { quote, type Report } from './problems.ts';
import { readHome } from './read-home.ts';
import { readMember } from './read-member.ts';
import { readParameters } from './read-parameters.ts';
import { readSelection } from './read-selection.ts';
import { checkName, readNamespace, readTarget, type Target } from './read-target.ts';
import type { ExecutionRequest, Timeouts } from './request.ts';

/** What the inputs allow. */
export interface Allowed {
  readonly settings: Omit<
    ExecutionSettings,
    'verifyTimeoutSeconds' | 'runTimeoutSeconds' | 'scheduleTimeoutSeconds'
  >;
  /** Absent: the action's own. */
  readonly verifyTimeoutSeconds?: number;
  readonly timeouts: Timeouts;
  readonly retries: number;
  /** How many objects a selector may select. */
  readonly maxTargets: number;
  /** In a rollback: what is undone stands in the cluster's record, so parameters say nothing and are not read. */
  readonly isRollback: boolean;
}

/** The request for what was asked, within what the inputs allow; `undefined` after a report. */
export function buildExecution(
  asked: Asked,
  allowed: Allowed,
  catalog: readonly Action[],
  report: Report,
): ExecutionRequest | undefined {
  const found = findAction(asked.action.text, catalog);
  if (found) return executionOf(asked, found, allowed, report);
  const near = refuseAction(asked.action, catalog, report);
  if (near) {
    executionOf(asked, near, allowed, report);
  } else {
    readNamespace(asked.namespace, undefined, report);
    if (asked.target) checkName(asked.target.name, report);
  }
  return undefined;
}

function executionOf(
  asked: Asked,
  found: FoundAction,
  allowed: Allowed,
  report: Report,
): ExecutionRequest | undefined {
  const member = asked.parameters.form === 'members' ? readMember(asked.parameters, found, report) : asked;
  if (!member) return undefined;
  const given = readNamespace(member.namespace, found, report);
  const takesManifest = found.action.takesManifest !== undefined;
  const home = takesManifest ? readHome({ ...asked, ...member }, given, found, report) : undefined;
  const namespace = given ?? home?.namespace;
  const parameters = allowed.isRollback ? {} : readParameters(member.parameters, found, namespace, report);
  const target = takesManifest ? home : readNamed({ ...asked, ...member }, allowed, found, report);
  const tightened = tighten(asked.tightening, allowed, found.action);
  if (!allowed.isRollback && !readsOnly(found.action)) checkSoak(tightened, asked.tightening, report);
  return (
    target && {
      action: found.action,
      parameters,
      ...target,
      ...(namespace === undefined ? {} : { namespace }),
      ...tightened,
      labels: asked.labels,
    }
  );
}

function readNamed(
  { target, selection, unnamed, parameters }: Pick<Asked, 'target' | 'selection' | 'unnamed' | 'parameters'>,
  { maxTargets }: Allowed,
  found: FoundAction,
  report: Report,
): Target | undefined {
  if (selection) return readSelection(selection, maxTargets, found, report);
  if (target) return readTarget(target, found, report);
  if (unnamed) {
    if (unnamed.problem) report(unnamed.problem);
    return undefined;
  }
  const expected = found.kinds.map(({ kind }) => kind.toLowerCase()).join(' or ');
  report({ where: parameters.locate([]), message: `names no target; expected a field ${expected}` });
  return undefined;
}

/** The executor counts the soak as part of the verification: one that is not over within it fails whatever happens. */
function checkSoak(
  { settings, timeouts }: Pick<ExecutionRequest, 'settings' | 'timeouts'>,
  tightening: Asked['tightening'],
  report: Report,
): void {
  const { soakSeconds, verifyTimeoutSeconds } = settings;
  if (soakSeconds === 0 || !(soakSeconds >= verifyTimeoutSeconds)) return;
  const soak = renderDuration(soakSeconds);
  const more = soakSeconds >= timeouts.runSeconds ? 'a verify-timeout and a run-timeout' : 'a verify-timeout';
  const bounds = [tightening.timeoutSeconds, tightening.verifyTimeoutSeconds];
  const isBySpec = bounds.includes(verifyTimeoutSeconds);
  const remedy = isBySpec
    ? ' by the spec; give a shorter soak'
    : `; give ${more} above ${soak}, or a shorter soak`;
  const has = renderDuration(verifyTimeoutSeconds);
  const message = `${quote(soak)} must be over within the verification, which has ${has}${remedy}`;
  report({ where: 'input soak', message });
}

/** The smaller of what inputs and spec say holds. */
function tighten(
  {
    timeoutSeconds = Infinity,
    verifyTimeoutSeconds = Infinity,
    retries = Infinity,
    requireApproval,
    undoOnFailure,
  }: Asked['tightening'],
  allowed: Allowed,
  action: Action,
): Pick<ExecutionRequest, 'requireApproval' | 'settings' | 'timeouts' | 'retries'> {
  const { settings, timeouts } = allowed;
  const runSeconds = Math.min(timeouts.runSeconds, timeoutSeconds);
  const totalSeconds = Math.min(timeouts.totalSeconds, timeoutSeconds);
  const scheduleSeconds = Math.min(timeouts.scheduleSeconds, totalSeconds);
  const verify = allowed.verifyTimeoutSeconds ?? action.verifyTimeoutSeconds;
  return {
    requireApproval,
    settings: {
      ...settings,
      onFailure: undoOnFailure ? 'rollback' : settings.onFailure,
      lockTimeoutSeconds: Math.min(settings.lockTimeoutSeconds, runSeconds),
      verifyTimeoutSeconds: Math.min(verify, verifyTimeoutSeconds, runSeconds),
      runTimeoutSeconds: runSeconds,
      scheduleTimeoutSeconds: scheduleSeconds,
    },
    timeouts: {
      totalSeconds,
      scheduleSeconds,
      runSeconds,
    },
    retries: Math.min(allowed.retries, retries),
  };
}
