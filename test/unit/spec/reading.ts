import { tmpdir } from 'node:os';
import { sayProblem } from '../../../src/spec/problems.ts';
import type { ExecutionRequest } from '../../../src/spec/request.ts';
import { type InputsAccepted, readInputs } from '../../../src/step/inputs.ts';

type Inputs = Readonly<Record<string, string>>;

const VALID: Inputs = { action: 'scale-deployment', target: 'deployment/web', parameters: 'replicas: 3' };

/** As the runner passes inputs: `plan-hash` becomes `INPUT_PLAN-HASH`. */
export function environmentOf(inputs: Inputs): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      `INPUT_${name.toUpperCase().replaceAll(' ', '_')}`,
      value,
    ]),
  );
}

export function accept(inputs: Inputs, workspace: string = tmpdir()): InputsAccepted {
  const read = readInputs(environmentOf({ mode: 'simulate', ...inputs }), workspace);
  if ('problems' in read) throw new Error(read.problems.map(sayProblem).join('\n'));
  return read;
}

/** The lines a user would see; empty if the inputs are accepted. */
export function refuse(inputs: Inputs, workspace: string = tmpdir()): string[] {
  const read = readInputs(environmentOf({ mode: 'simulate', ...inputs }), workspace);
  return 'problems' in read ? read.problems.map(sayProblem) : [];
}

/** Valid inputs but for these. */
export function refuseWith(inputs: Inputs): string[] {
  return refuse({ ...VALID, ...inputs });
}

export function acceptWith(inputs: Inputs): InputsAccepted {
  return accept({ ...VALID, ...inputs });
}

export function onlyExecution({ request }: InputsAccepted): ExecutionRequest {
  const [execution, ...others] = request.executions;
  if (!execution || others.length > 0) throw new Error(`${request.executions.length} executions`);
  return execution;
}
