/** The post step: stops what a cancelled step has left running in the cluster. Sets no outputs and never fails the job. */
import { openAccess } from '../cluster/credentials/open-access.ts';
import { messageOf } from '../cluster/errors.ts';
import { openApiServer } from '../cluster/transport.ts';
import { stopExecution } from '../run/stop-execution.ts';
import { readCredentials } from './credential-inputs.ts';
import { givenInputs } from './given-inputs.ts';
import { maskSecrets } from './mask.ts';
import { printable } from './printable.ts';
import { readStepState, type StartedJob } from './state.ts';

/** A cluster that does not answer must not keep the workflow waiting. */
const TIMEOUT_MS = 20_000;

export async function cleanUp(): Promise<never> {
  const { jobs, finished } = readStepState();
  const last = jobs.at(-1);
  if (finished || last === undefined) process.exit(0);
  const late = setTimeout(() => giveUp(last, 'the cluster did not answer in time'), TIMEOUT_MS);
  await stopLast(last).catch((error: unknown) => giveUp(last, messageOf(error)));
  clearTimeout(late);
  process.exit(0);
}

async function stopLast(job: StartedJob): Promise<void> {
  const who = readCredentials(givenInputs(process.env), () => undefined);
  if (who.kind !== 'given') return;
  const access = await openAccess(who.credentials, process.env, (secret) => maskSecrets([secret]));
  const stopped = await stopExecution(openApiServer(access), job);
  const words = {
    ended: 'has ended',
    deleted: 'had not started and was deleted',
    stopping: 'was asked to stop; it finishes or undoes in the cluster what it has begun',
  };
  process.stdout.write(printable(`job/${job.name} ${words[stopped]}\n`));
}

function giveUp(job: StartedJob, why: string): never {
  process.stdout.write(
    printable(
      `job/${job.name} in ${job.namespace} could not be stopped (${why}); its own deadline ends it, and it undoes what it can't finish\n`,
    ),
  );
  process.exit(0);
}
