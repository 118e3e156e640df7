import type { ApiRequest, ApiResponse, ApiServer, ClusterAccess, Credentials } from './api.ts';
import { openAgent } from './connection.ts';
import { ApiError, NoAnswer } from './errors.ts';
import { type Exchange, exchange, type Route } from './exchange.ts';
import { pause } from './pause.ts';
import { RETRY_RULES, type RetryRules, waitAfterAnswer, waitAfterSilence } from './retry.ts';
import { readWarnings } from './warning-header.ts';

interface Answer extends ApiResponse {
  readonly retryAfterSeconds?: number;
}

/** An opened stream, or the answer that stands in its way. */
type Opened = { readonly stream: Exchange } | { readonly answer: Answer };

/** One pool of connections to one server under one identity; nothing is sent yet. Throws on a proxy it can't use. */
export function openApiServer(access: ClusterAccess, rules: Partial<RetryRules> = {}): ApiServer {
  const route: Route = { access, agent: openAgent(access) };
  const retry = { ...RETRY_RULES, ...rules };
  return {
    url: new URL(access.url).origin,
    close: () => route.agent.destroy(),
    send: async (request) => {
      const { status, body, warnings } = await untilFinal(request, retry, () => sendOnce(route, request));
      return { status, body, warnings };
    },
    stream: async (request) => {
      const opened = await openStream(route, request, retry);
      if ('answer' in opened) throw new ApiError(opened.answer.status, opened.answer.body);
      return chunksOf(opened.stream);
    },
  };
}

/** Sends until an answer or a failure stands. */
async function untilFinal(
  request: ApiRequest,
  rules: RetryRules,
  once: () => Promise<Answer>,
): Promise<Answer> {
  const startedAt = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await once().catch((error: unknown) => {
      if (error instanceof NoAnswer) return error;
      throw error;
    });
    const silent = outcome instanceof NoAnswer;
    const wait = silent
      ? waitAfterSilence(request, outcome, attempt, rules)
      : waitAfterAnswer(request, outcome, attempt, rules);
    const hasTime = performance.now() - startedAt < rules.giveUpAfterMs;
    const resend = hasTime && wait !== undefined && (await pause(wait, request.signal));
    if (resend) continue;
    if (silent) throw outcome;
    return outcome;
  }
}

async function openStream(route: Route, request: ApiRequest, rules: RetryRules): Promise<Opened> {
  let stream: Exchange | undefined;
  const answer = await untilFinal(request, rules, async () => {
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
  const first = await once(await route.access.credentials(request.signal));
  if (!('answer' in first) || first.answer.status !== 401) return first;
  route.access.forget?.();
  return once(await route.access.credentials(request.signal));
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

async function* chunksOf(opened: Exchange): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    for await (const chunk of opened.answer) yield chunk;
  } catch (error) {
    throw opened.explain(error);
  } finally {
    opened.answer.destroy();
    opened.end();
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
