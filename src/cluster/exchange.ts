/** One HTTP exchange: a request out, the head of the answer in, within its time. */
import type { Agent, ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import * as https from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ApiRequest, ClusterAccess, Credentials } from './api.ts';
import { CredentialsError, NoAnswer } from './errors.ts';
import { http } from './node-http.ts';
import { ProxyError } from './proxy.ts';
import { wireJson } from './wire-json.ts';

const DEFAULT_TIMEOUT_MS = 30_000;

export interface Exchange {
  readonly answer: IncomingMessage;
  /** Stops the clock of `timeoutMs`; the signal goes on to cut the answer. */
  settle(): void;
  /** What to report when reading the answer failed with `error`. */
  explain(error: unknown): NoAnswer;
  /** Lets go of the signal; to be called in any case. */
  end(): void;
}

export interface Route {
  readonly access: ClusterAccess;
  readonly agent: Agent;
}

/** Resolves with the answer's head, rejects with `NoAnswer`, or `CredentialsError` where they can't even be sent. */
export async function exchange(
  route: Route,
  credentials: Credentials,
  request: ApiRequest,
): Promise<Exchange> {
  const body = request.body === undefined ? undefined : Buffer.from(wireJson(request.body));
  const outgoing = openUsable(route, credentials, request, body);
  const flight = watchFlight(outgoing, route.access.url, request);
  return new Promise((resolve, reject) => {
    outgoing.once('response', (answer) => resolve({ answer, ...flight }));
    outgoing.once('error', (error) => {
      flight.end();
      reject(whyUnusable(error, route.access.origin) ?? flight.explain(error));
    });
    outgoing.end(body);
  });
}

/** The request's own signal has come. */
export function stopped(request: ApiRequest, neverSent: boolean): NoAnswer {
  const message = `${request.method} ${request.path} was stopped`;
  return new NoAnswer(message, { neverSent, isFinal: true, cause: request.signal?.reason });
}

/** Node checks headers, certificates and keys before anything else, and quotes none of them. */
function openUsable(...[route, ...rest]: Parameters<typeof openRequest>): ClientRequest {
  try {
    return openRequest(route, ...rest);
  } catch (error) {
    throw whyUnusable(error, route.access.origin) ?? error;
  }
}

/** Through a proxy the certificates are read after the request was opened. */
function whyUnusable(error: unknown, origin: string): CredentialsError | undefined {
  const { code, message } = codeAndMessage(error);
  if (code === 'ERR_INVALID_CHAR') {
    const header = /\["([a-z-]+)"\]/.exec(message)?.[1] ?? '';
    const what = header.startsWith('impersonate-') ? 'the name to act as' : 'the token';
    const said = `${origin}: ${what} has a character that can't be sent (HTTP header ${header}); give it on one line, without quotes or other signs around it`;
    return new CredentialsError(said, { cause: error });
  }
  if (!code.startsWith('ERR_OSSL_')) return undefined;
  const said = `${origin}: the client certificate or its key can't be used: ${message}. Both must be whole and belong together`;
  return new CredentialsError(said, { cause: error });
}

function openRequest(
  route: Route,
  credentials: Credentials,
  request: ApiRequest,
  body: Buffer | undefined,
): ClientRequest {
  const base = new URL(route.access.url);
  const query = new URLSearchParams({ ...request.query }).toString();
  const options: https.RequestOptions = {
    agent: route.agent,
    host: base.hostname.replace(/^\[|\]$/g, ''),
    ...(base.port === '' ? {} : { port: Number(base.port) }),
    method: request.method,
    path: `${base.pathname.replace(/\/+$/, '')}${request.path}${query === '' ? '' : `?${query}`}`,
    headers: { ...headersOf(credentials), ...bodyHeaders(request, body) },
    ...(credentials.certificate === undefined ? {} : { cert: credentials.certificate }),
    ...(credentials.key === undefined ? {} : { key: credentials.key }),
  };
  return base.protocol === 'https:' ? https.request(options) : http.request(options);
}

function headersOf(credentials: Credentials): OutgoingHttpHeaders {
  const as = credentials.impersonate;
  return {
    accept: 'application/json',
    'user-agent': 'kubernetes-executor',
    ...(credentials.authorization === undefined ? {} : { authorization: credentials.authorization }),
    ...(as === undefined ? {} : { 'impersonate-user': as.user }),
    ...(as === undefined || as.groups.length === 0 ? {} : { 'impersonate-group': [...as.groups] }),
  };
}

function bodyHeaders(request: ApiRequest, body: Buffer | undefined): OutgoingHttpHeaders {
  if (body === undefined) return request.method === 'GET' ? {} : { 'content-length': 0 };
  return { 'content-type': request.contentType ?? 'application/json', 'content-length': body.length };
}

/** Keeps the time, listens to the signal and knows whether bytes have gone out. */
function watchFlight(outgoing: ClientRequest, url: string, request: ApiRequest): Omit<Exchange, 'answer'> {
  const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const said = `${request.method} ${request.path}`;
  let sent = false;
  let stoppedBy: NoAnswer | undefined;
  let answer: IncomingMessage | undefined;
  const stop = (reason: NoAnswer): void => {
    // All of it has arrived, and its connection goes to another request: there is nothing left to cut.
    if (answer?.complete === true) return;
    stoppedBy ??= reason;
    outgoing.destroy(reason);
  };
  const onAbort = (): void => stop(stopped(request, !sent));
  const timer = setTimeout(() => {
    const message = `${url} did not answer ${said} within ${timeoutMs / 1000} s`;
    stop(new NoAnswer(message, { neverSent: !sent }));
  }, timeoutMs);
  request.signal?.addEventListener('abort', onAbort, { once: true });
  if (request.signal?.aborted === true) onAbort();
  outgoing.once('response', (begun) => {
    answer = begun;
  });
  whenSent(outgoing, () => {
    sent = true;
  });
  const settle = (): void => clearTimeout(timer);
  return {
    settle,
    explain: (error) => stoppedBy ?? explainFailure(error, `${url}: ${said}`, sent),
    end: () => {
      settle();
      request.signal?.removeEventListener('abort', onAbort);
    },
  };
}

/** Node holds the bytes of a request back until the connection, TLS included, stands. */
function whenSent(outgoing: ClientRequest, onSent: () => void): void {
  outgoing.once('socket', (socket: Socket & Partial<TLSSocket> & { secureConnecting?: boolean }) => {
    if (socket.secureConnecting === true) socket.once('secureConnect', onSent);
    else if (socket.connecting) socket.once('connect', onSent);
    else onSent();
  });
}

const CERTIFICATE_ERROR = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS_|ERR_SSL_/;

function explainFailure(error: unknown, what: string, sent: boolean): NoAnswer {
  if (error instanceof NoAnswer) return error;
  if (error instanceof ProxyError) return new NoAnswer(error.message, { neverSent: true, cause: error });
  const { code, message } = codeAndMessage(error);
  if (!sent && CERTIFICATE_ERROR.test(code)) {
    const hint = 'check the certificate authority and the server name of the credentials';
    return new NoAnswer(`${what}: TLS failed: ${message} (${hint})`, {
      neverSent: true,
      isFinal: true,
      cause: error,
    });
  }
  const happened = sent ? 'the connection broke before the answer was read' : 'could not connect';
  return new NoAnswer(`${what}: ${happened}: ${message}`, { neverSent: !sent, cause: error });
}

function codeAndMessage(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // Node's error for a name with several addresses has its reasons inside and no message of its own.
  const first =
    error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0].message : '';
  return { code, message: error.message || first || code };
}
