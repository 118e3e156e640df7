/** The post step: stops what a cancelled step has left running in the cluster. Sets no outputs and never fails the job. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openAccess } from '../cluster/credentials/open-access.ts';
import { messageOf } from '../cluster/errors.ts';
import { openApiServer } from '../cluster/transport.ts';
import { exit } from '../exit.ts';
import type { JobRef } from '../job/execution-job.ts';
import { stopExecution } from '../run/stop-execution.ts';
import { readCredentials } from './credential-inputs.ts';
import { givenInputs } from './given-inputs.ts';
import { maskSecrets } from './mask.ts';
import { printable } from './printable.ts';
import { readStepState } from './state.ts';

/** A cluster that does not answer must not keep the workflow waiting. */
const TIMEOUT_MS = 20_000;

export async function cleanUp(): Promise<never> {
  const { job, finished } = readStepState();
  if (!finished && job !== undefined) await stopInTime(job);
  return exit(0);
}

async function stopInTime(job: JobRef): Promise<void> {
  const late = sleep(TIMEOUT_MS).then(() => {
    throw new Error('the cluster did not answer in time');
  });
  await Promise.race([stop(job), late]).catch((error: unknown) => sayLeft(job, messageOf(error)));
}

async function stop(job: JobRef): Promise<void> {
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

function sayLeft(job: JobRef, why: string): void {
  process.stdout.write(
    printable(
      `job/${job.name} in ${job.namespace} could not be stopped (${why}); its own deadline ends it, and it undoes what it can't finish\n`,
    ),
  );
}
