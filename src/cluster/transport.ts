import type { ApiRequest, ApiResponse, ApiServer, ClusterAccess, Credentials } from './api.ts';
import { openAgent } from './connection.ts';
import { ApiError, NoAnswer } from './errors.ts';
import { type Exchange, exchange, type Route, stopped } from './exchange.ts';
import { pause } from './pause.ts';
import { leavesOpen, RETRY_RULES, type RetryRules, waitAfterAnswer, waitAfterSilence } from './retry.ts';
import { askReadiness } from './server-readiness.ts';
import { readWarnings } from './warning-header.ts';

interface Answer extends ApiResponse {
  readonly retryAfterSeconds?: number;
}

/** An opened stream, or the answer that stands in its way. */
type Opened = { readonly stream: Exchange } | { readonly answer: Answer };

/** What all requests to one server share. */
interface Server {
  readonly route: Route;
  readonly rules: RetryRules;
  /** When it last gave no answer, as `performance.now()` counts. */
  troubledAt: number;
}

/** A server that doesn't let us know whether it is ready is believed after so many refusals, some three seconds. */
const MOST_DOUBTS = 4;
/** For so long after an outage a first refusal is asked again, since the server may have become ready just now. */
const RECOVERY_MS = 10_000;

/** So many streams at once share the pool of the requests, which spares them a handshake. */
const SHARED_STREAMS = 8;

/** One pool of connections to one server under one identity; nothing is sent yet. Throws on a proxy it can't use. */
export function openApiServer(access: ClusterAccess, rules: Partial<RetryRules> = {}): ApiServer {
  const route: Route = { access, agent: openAgent(access) };
  // Streams stay open: more than a few would leave no connection for requests, so they get their own.
  const forStreams: Route = { access, agent: openAgent(access, Infinity) };
  const shared = new Set<symbol>();
  const server: Server = { route, rules: { ...RETRY_RULES, ...rules }, troubledAt: -Infinity };
  return {
    url: new URL(access.url).origin,
    close: () => {
      route.agent.destroy();
      forStreams.agent.destroy();
    },
    send: async (request) => {
      const { retryAfterSeconds: _, ...answer } = await untilFinal(server, request, () =>
        sendOnce(route, request),
      );
      return answer;
    },
    stream: async (request) => {
      const isShared = shared.size < SHARED_STREAMS;
      const stream = Symbol(request.path);
      if (isShared) shared.add(stream);
      const ended = (): void => void shared.delete(stream);
      try {
        const opened = await openStream(server, request, isShared ? route : forStreams);
        if ('answer' in opened) throw new ApiError(opened.answer.status, opened.answer.body);
        return chunksOf(opened.stream, ended);
      } catch (error) {
        ended();
        throw error;
      }
    },
  };
}

/** Sends until an answer or a failure stands. */
async function untilFinal(server: Server, request: ApiRequest, once: () => Promise<Answer>): Promise<Answer> {
  const givenUpAt = performance.now() + server.rules.giveUpAfterMs;
  const doubt: Doubt = { server, request, times: 0 };
  let mayBeDone = false;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await once()
      .then((answer) => unlessTooEarly(doubt, answer))
      .catch(passNoAnswer);
    if (outcome instanceof NoAnswer && !outcome.isFinal) server.troubledAt = performance.now();
    const wait = waitAfter(request, outcome, attempt, server.rules);
    const hasTime = performance.now() < givenUpAt;
    const resend = hasTime && wait !== undefined && (await pause(wait, request.signal));
    if (!resend) return afterEarlier(outcome, mayBeDone);
    mayBeDone ||= leavesOpen(outcome);
  }
}

function waitAfter(
  request: ApiRequest,
  outcome: Answer | NoAnswer,
  attempt: number,
  rules: RetryRules,
): number | undefined {
  return outcome instanceof NoAnswer
    ? waitAfterSilence(request, outcome, attempt, rules)
    : waitAfterAnswer(request, outcome, attempt, rules);
}

/** The last outcome, which says nothing about the attempts before it. Throws the `NoAnswer`. */
function afterEarlier(last: Answer | NoAnswer, mayBeDone: boolean): Answer {
  if (!(last instanceof NoAnswer)) return mayBeDone ? { ...last, mayBeDone } : last;
  const { message, isFinal, cause } = last;
  throw last.neverSent && mayBeDone ? new NoAnswer(message, { isFinal, cause }) : last;
}

function passNoAnswer(error: unknown): NoAnswer {
  if (error instanceof NoAnswer) return error;
  throw error;
}

interface Doubt {
  readonly server: Server;
  readonly request: ApiRequest;
  /** How often its refusal was not believed. */
  times: number;
}

/** A refusal by a server that has only just started is none: it has not read yet who may what. */
async function unlessTooEarly(doubt: Doubt, answer: Answer): Promise<Answer> {
  if (answer.status !== 401 && answer.status !== 403) return answer;
  const { route, troubledAt } = doubt.server;
  if (doubt.times > 0 || performance.now() - troubledAt > RECOVERY_MS) {
    const readiness = await askReadiness(route, doubt.request.signal);
    if (readiness === 'ready' || (readiness === 'unknown' && doubt.times >= MOST_DOUBTS)) return answer;
  }
  doubt.times += 1;
  const { message } = new ApiError(answer.status, answer.body);
  const said = `${route.access.url} has just started and is not ready yet; it said: ${message}`;
  throw new NoAnswer(said, { neverSent: true });
}

async function openStream(server: Server, request: ApiRequest, route: Route): Promise<Opened> {
  let stream: Exchange | undefined;
  const answer = await untilFinal(server, request, async () => {
    const opened = await authorized(route, request, (credentials) => openOnce(route, credentials, request));
    if ('answer' in opened) return opened.answer;
    stream = opened.stream;
    return { status: 200, body: undefined, warnings: [] };
  });
  return stream === undefined ? { answer } : { stream };
}

async function openOnce(route: Route, credentials: Credentials, request: ApiRequest): Promise<Opened> {
  const opened = await exchange(route, credentials, request);
  if (isSuccess(opened.answer.statusCode)) {
    opened.settle();
    return { stream: opened };
  }
  return { answer: await readAnswer(opened) };
}

async function sendOnce(route: Route, request: ApiRequest): Promise<Answer> {
  const opened = await authorized(route, request, async (credentials) => {
    return { answer: await readAnswer(await exchange(route, credentials, request)) };
  });
  return opened.answer;
}

/** A 401 changed nothing, so any request may be sent a second time with fresh credentials. */
async function authorized<T extends Opened>(
  route: Route,
  request: ApiRequest,
  once: (credentials: Credentials) => Promise<T>,
): Promise<T> {
  const first = await once(await credentialsFor(route, request));
  if (!('answer' in first) || first.answer.status !== 401) return first;
  route.access.forget?.();
  return once(await credentialsFor(route, request));
}

/** The signal ends the wait for new ones too; what was sent before them got a 401 and changed nothing. */
async function credentialsFor({ access }: Route, request: ApiRequest): Promise<Credentials> {
  try {
    return await access.credentials(request.signal);
  } catch (error) {
    throw request.signal?.aborted === true && error === request.signal.reason
      ? stopped(request, true)
      : error;
  }
}

async function readAnswer(opened: Exchange): Promise<Answer> {
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of opened.answer) chunks.push(chunk);
    const { headers, rawHeaders, statusCode = 0 } = opened.answer;
    const retryAfter = Number(headers['retry-after']);
    return {
      status: statusCode,
      body: parseBody(Buffer.concat(chunks).toString('utf8')),
      warnings: readWarnings(rawHeaders),
      ...(Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}),
    };
  } catch (error) {
    throw opened.explain(error);
  } finally {
    opened.end();
  }
}

async function* chunksOf(opened: Exchange, ended: () => void): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of opened.answer) yield chunk;
  } catch (error) {
    throw opened.explain(error);
  } finally {
    opened.answer.destroy();
    opened.end();
    ended();
  }
}

/** A proxy's HTML page stays text; it is no Kubernetes object then and reported as what it says. */
function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function isSuccess(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300;
}
