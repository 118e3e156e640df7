/** Creates the Job and, at once after it, the Secret with its plan. */
import type { ApiServer } from '../cluster/api.ts';
import { ApiError } from '../cluster/errors.ts';
import { requestPath } from '../cluster/path.ts';
import { createObject, expectSuccess, getObject } from '../cluster/typed.ts';
import { ANNOTATION } from '../plan/names.ts';
import type { KubernetesObject } from '../plan/objects.ts';
import type { Envelope } from '../plan/plan.ts';
import { Ended, refuse } from './ending.ts';
import { type JobInput, jobManifest, planSecret } from './job-manifest.ts';
import { deleteJob } from './stop-execution.ts';

/** As a dry run: asks admission whether the caller may `plan` here and whether the Job has the form it wants. */
export async function rehearseJob(api: ApiServer, input: JobInput): Promise<void> {
  const response = await api.send({
    method: 'POST',
    path: requestPath(jobsPath(input.namespace)),
    query: { dryRun: 'All', fieldValidation: 'Strict' },
    body: jobManifest(input),
    resendable: true,
  });
  if (response.status < 200 || response.status >= 300)
    throw refused(new ApiError(response.status, response.body));
}

/** Without an envelope the plan is there already. A pod can't start without its plan, so a step that dies in between leaves nothing that acts. */
export async function launch(
  api: ApiServer,
  input: JobInput,
  envelope: Envelope | undefined,
): Promise<KubernetesObject> {
  const job = await createJob(api, input);
  if (!envelope) return job;
  const { name, uid } = job.metadata;
  try {
    await createSecret(api, input.namespace, planSecret(input.namespace, { name, uid }, envelope));
  } catch (error) {
    await deleteJob(api, { namespace: input.namespace, name });
    throw error instanceof ApiError ? refused(error) : error;
  }
  return job;
}

async function createJob(api: ApiServer, input: JobInput): Promise<KubernetesObject> {
  const path = jobsPath(input.namespace);
  try {
    return await createObject(api, path, jobManifest(input), { resendable: true });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    // The name is ours alone: a conflict is our own first attempt whose answer was lost.
    const own = error.status === 409 ? await getObject(api, { ...path, name: input.executionId }) : null;
    if (own?.metadata.annotations?.[ANNOTATION.planHash] === input.order.declared.planHash) return own;
    throw refused(error);
  }
}

async function createSecret(api: ApiServer, namespace: string, secret: object): Promise<void> {
  const path = requestPath({ group: '', version: 'v1', resource: 'secrets', namespace });
  const response = await api.send({ method: 'POST', path, body: secret, resendable: true });
  if (response.status !== 409) expectSuccess(response);
}

function refused(error: ApiError): Error {
  if (error.status !== 403 && error.status !== 422) return error;
  return new Ended(refuse('execute-forbidden', `the API server refused the Job: ${error.message}`));
}

function jobsPath(namespace: string): {
  group: string;
  version: string;
  resource: string;
  namespace: string;
} {
  return { group: 'batch', version: 'v1', resource: 'jobs', namespace };
}
