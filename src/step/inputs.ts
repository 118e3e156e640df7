/** From the environment that the runner sets to a checked request. Nothing is contacted; a spec file is read. */
import type { Action } from '../catalog/action.ts';
import { catalog as everyAction } from '../catalog/index.ts';
import type { Environment } from '../cluster/credentials/proxy-environment.ts';
import { buildExecution } from '../spec/build-execution.ts';
import { findAction } from '../spec/find-action.ts';
import { limitProblems, type Problem, type Report } from '../spec/problems.ts';
import type { CredentialInputs, RunRequest } from '../spec/request.ts';
import { memberNames } from '../spec/schema-problems.ts';
import { askedByInputs } from './asked-by-inputs.ts';
import type { CredentialsRead } from './credential-inputs.ts';
import { readCredentials } from './credential-inputs.ts';
import type { GivenInputs } from './given-inputs.ts';
import { givenInputs, reportUnknownInputs } from './given-inputs.ts';
import { inputValues } from './input-values.ts';
import { readAllowed, readMode, readOptions, reportOtherAction } from './run-options.ts';
import { giveSecretValues } from './secret-values.ts';

export type InputsRead = InputsAccepted | InputsRefused;

export interface InputsAccepted {
  readonly request: RunRequest;
  /** Absent in `mode: simulate`, which contacts no cluster even if some are given, and nowhere else. */
  readonly credentials?: CredentialInputs;
}

/** All problems at once. `credentials-missing` also where all else that is wrong comes from empty secrets too, as on forks. */
export interface InputsRefused {
  readonly reasonCode: 'input-invalid' | 'credentials-missing';
  readonly problems: readonly Problem[];
}

/** `workspace` bounds where a spec file may be. Values of secret inputs appear in no problem. */
export function readInputs(
  env: Environment,
  workspace: string,
  catalog: readonly Action[] = everyAction,
): InputsRead {
  const problems: Problem[] = [];
  const { report } = limitProblems((problem) => problems.push(problem));
  const given = givenInputs(env);
  reportUnknownInputs(env, () => parameterNames(catalog), report);
  const reading = { given, values: inputValues(given, report), report };
  const mode = readMode(reading);
  const options = readOptions(reading);
  const allowed = { ...readAllowed(reading), isRollback: mode === 'rollback' };
  const takesManifest = (name: string): boolean =>
    findAction(name, catalog)?.action.takesManifest !== undefined;
  const built = askedByInputs(given, { workspace, takesManifest }, report).flatMap(
    (asked) => buildExecution(asked, allowed, catalog, report) ?? [],
  );
  const executions = giveSecretValues(built, given, { isRollback: allowed.isRollback, report });
  if (executions.length > 0 && executions.every(({ selection }) => selection === undefined)) {
    reportUnselected(given, report);
  }
  if (allowed.isRollback) reportOtherAction(options.executionId, executions, report);
  const who: CredentialsRead = readCredentials(given, report);
  // Of a mode that is none nobody knows whether it needs them.
  const isMissing = who.kind === 'missing' && mode !== 'simulate' && given.orDefault('mode') === mode;
  const [first, ...others] = executions;
  if (problems.length === 0 && first !== undefined && !isMissing) {
    return accepted({ mode, executions: [first, ...others], options }, who);
  }
  if (!isMissing) return { reasonCode: 'input-invalid', problems };
  return {
    reasonCode: problems.every((problem) => problem.isOfEmptySecret)
      ? 'credentials-missing'
      : 'input-invalid',
    problems: [...problems, { where: `input ${who.input}`, message: who.message }],
  };
}

function reportUnselected(given: GivenInputs, report: Report): void {
  if (given.text('max-targets') === undefined) return;
  report({ where: 'input max-targets', message: 'bounds a selector, but a target is named' });
}

function accepted(request: RunRequest, who: CredentialsRead): InputsAccepted {
  const isNeeded = request.mode !== 'simulate' && who.kind === 'given';
  return { request, ...(isNeeded ? { credentials: who.credentials } : {}) };
}

function parameterNames(catalog: readonly Action[]): string[] {
  return catalog.flatMap((action) => memberNames(action.parameters));
}
