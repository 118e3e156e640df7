/** Creates the Job and, at once after it, the Secret with its plan. */
import type { ApiResponse, ApiServer } from '../cluster/api.ts';
import { ApiError, NoAnswer } from '../cluster/errors.ts';
import { requestPath } from '../cluster/path.ts';
import { expectObject, getObject } from '../cluster/typed.ts';
import { jobPath } from '../job/execution-job.ts';
import { type Mounted, sizeOf } from '../job/mounted.ts';
import { ANNOTATION } from '../plan/names.ts';
import { type KubernetesObject, MOST_DATA_BYTES } from '../plan/objects.ts';
import { advise } from './advice.ts';
import { Ended, refuse } from './ending.ts';
import { type JobInput, jobManifest, planSecret } from './job-manifest.ts';

const CHANGE_LESS =
  'A plan holds each value several times, as it was and as it is to be: change less in one run, or values this large by hand.';

/**
 * As a dry run: asks admission whether the caller may `plan` here and whether the Job has the form it wants. Whether the
 * contents fit into their Secret no dry run would say, since the Secret names a Job that is not there yet.
 */
export async function rehearseJob(api: ApiServer, input: JobInput, contents: Mounted): Promise<void> {
  refuseTooLarge(input, contents);
  const response = await api.send({
    method: 'POST',
    path: requestPath(jobPath({ namespace: input.namespace })),
    query: { dryRun: 'All', fieldValidation: 'Strict' },
    body: jobManifest(input),
    resendable: true,
  });
  if (response.status < 200 || response.status >= 300)
    throw refused('the Job', new ApiError(response.status, response.body));
}

function refuseTooLarge({ order }: JobInput, contents: Mounted): void {
  const bytes = sizeOf(contents);
  if (bytes <= MOST_DATA_BYTES) return;
  const what = 'plan' in contents ? 'the plan' : 'what is asked for';
  throw new Ended(
    refuse(
      'target-unsuitable',
      `${order.summary}: ${what} has ${bytes} bytes, ${bytes - MOST_DATA_BYTES} more than fit into the Secret that brings it to the executor. ${CHANGE_LESS}`,
    ),
  );
}

/** How far a launch has come, for whoever has to take it back. */
export interface Launching {
  /** Ends it: nothing is sent afterwards. */
  readonly signal: AbortSignal;
  /** What the cluster may hold by now: nothing, a Job that can't start without its plan, or one that can. */
  stage: 'nothing' | 'job' | 'startable';
}

/** Without contents the plan is there already. A pod can't start without its plan, so a step that dies in between leaves nothing that acts. What an error leaves is the caller's to remove. */
export async function launch(
  api: ApiServer,
  input: JobInput,
  contents: Mounted | undefined,
  launching: Launching,
): Promise<KubernetesObject> {
  if (contents) refuseTooLarge(input, contents);
  launching.stage = contents ? 'job' : 'startable';
  const job = await createJob(api, input, launching);
  if (!contents) return job;
  const { name, uid } = job.metadata;
  launching.signal.throwIfAborted();
  const { declared } = input.order;
  await createPlan(api, planSecret(input.namespace, { name, uid }, { declared, contents }), input, launching);
  return job;
}

async function createJob(api: ApiServer, input: JobInput, launching: Launching): Promise<KubernetesObject> {
  const path = jobPath({ namespace: input.namespace });
  const { signal } = launching;
  const request = { method: 'POST', path: requestPath(path), body: jobManifest(input) } as const;
  let response: ApiResponse;
  try {
    response = await api.send({ ...request, resendable: true, signal });
  } catch (error) {
    if (error instanceof NoAnswer && error.neverSent) launching.stage = 'nothing';
    throw error;
  }
  if (response.status === 409) {
    // The name is ours alone: a conflict is our own first attempt whose answer was lost.
    const own = await getObject(api, { ...path, name: input.executionId }, { signal });
    if (own && isOurs(own, input)) return own;
  }
  if (wasNotCarriedOut(response)) launching.stage = 'nothing';
  return objectOf('the Job', response);
}

/** Admission sees to it that nobody writes another's name into created-by. */
function isOurs({ metadata }: KubernetesObject, { createdBy, order }: JobInput): boolean {
  const { annotations = {} } = metadata;
  return (
    annotations[ANNOTATION.createdBy] === createdBy &&
    annotations[ANNOTATION.planHash] === order.declared.planHash &&
    annotations[ANNOTATION.valuesHash] === order.declared.valuesHash
  );
}

async function createPlan(
  api: ApiServer,
  secret: object,
  { namespace }: JobInput,
  launching: Launching,
): Promise<void> {
  const path = requestPath({ group: '', version: 'v1', resource: 'secrets', namespace });
  launching.stage = 'startable';
  const { signal } = launching;
  const response = await api.send({ method: 'POST', path, body: secret, resendable: true, signal });
  if (response.status === 409) return;
  if (wasNotCarriedOut(response)) launching.stage = 'job';
  objectOf("the plan's Secret", response);
}

/** Whether the answer says that nothing was created; behind others an attempt may have gone through. */
function wasNotCarriedOut({ status, mayBeDone }: ApiResponse): boolean {
  return status >= 400 && status < 500 && status !== 408 && mayBeDone !== true;
}

/** Throws how the run ends where there is none. */
function objectOf(what: string, response: ApiResponse): KubernetesObject {
  try {
    return expectObject(response);
  } catch (error) {
    throw error instanceof ApiError ? refused(what, error) : error;
  }
}

function refused(what: string, error: ApiError): Error {
  if (error.status === 413) {
    return new Ended(
      refuse(
        'target-unsuitable',
        `the API server takes no request as large as ${what}: ${error.message}. ${CHANGE_LESS}`,
      ),
    );
  }
  if (error.status !== 403 && error.status !== 422) return error;
  const advice = advise(error.message);
  const then = advice === '' ? '' : `. ${advice}`;
  return new Ended(refuse('execute-forbidden', `the API server refused ${what}: ${error.message}${then}`));
}
