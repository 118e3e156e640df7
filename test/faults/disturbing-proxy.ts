/** Stands between the step and the API server, sees every request, and does to some of them what networks do. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as sendSecurely } from 'node:https';
import type { Socket } from 'node:net';
import type { Certificate } from '../../bench/certificate.ts';
import { clusterUnderTest } from '../e2e/harness/under-test.ts';

/** What is done to one request. `spoil` and `cut` let the server carry it out first. */
export type Treatment =
  | { readonly kind: 'answer'; readonly status: number; readonly retryAfterSeconds?: number }
  | { readonly kind: 'delay'; readonly milliseconds: number }
  | { readonly kind: 'spoil'; readonly status: number }
  | { readonly kind: 'cut'; readonly at: 'answer' | 'body' };

export interface Passing {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** A watch or a log that is followed. */
  readonly isStream: boolean;
}

/** A stream that is open at the moment. */
export interface OpenStream extends Passing {
  /** Into the stream, as if the server had said it. */
  say(text: string): void;
  end(): void;
  /** From now on nothing more comes, and it stays open. */
  mute(): void;
  reset(): void;
}

export interface DisturbingProxy extends AsyncDisposable {
  readonly port: number;
  readonly streams: ReadonlySet<OpenStream>;
  /** Asked for each new request; `undefined` lets it pass. */
  disturb(choose: (passing: Passing) => Treatment | undefined): void;
  /** Resets every connection that there is. */
  resetAll(): void;
}

interface State {
  /** Below TLS, by the client's port: only there a connection can be reset. */
  readonly sockets: Map<number | undefined, Socket>;
  readonly agent: Agent;
  readonly upstream: URL;
  readonly streams: Set<OpenStream>;
  readonly hear: (passing: Passing, status?: number) => void;
  choose: (passing: Passing) => Treatment | undefined;
}

/** `hear` is called with every request as it comes, and again with the status of its answer. */
export async function openDisturbingProxy(
  { certificate, key }: Certificate,
  hear: State['hear'],
): Promise<DisturbingProxy> {
  const { server: upstream, certificateAuthority } = clusterUnderTest();
  const ca = Buffer.from(certificateAuthority, 'base64');
  const agent = new Agent({ ca, keepAlive: true, maxSockets: 64 });
  const state: State = {
    agent,
    upstream: new URL(upstream),
    sockets: new Map(),
    streams: new Set(),
    hear,
    choose: () => undefined,
  };
  const server = createServer(
    { cert: certificate, key, ALPNProtocols: ['http/1.1'] },
    (incoming, outgoing) => {
      pass(state, incoming, outgoing);
    },
  );
  server.on('connection', (socket: Socket) => keep(state.sockets, socket));
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');
  return {
    port: address.port,
    streams: state.streams,
    disturb: (choose) => {
      state.choose = choose;
    },
    resetAll: () => resetAll(state),
    [Symbol.asyncDispose]: async () => {
      resetAll(state);
      agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(state: State, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method = 'GET', url = '/' } = incoming;
  const isStream = /[?&](?:watch|follow)=(?:true|1)/.test(url);
  const passing = { method, path: url, isStream };
  outgoing.on('error', () => undefined);
  incoming.on('error', () => undefined);
  state.hear(passing);
  const treatment = state.choose(passing);
  if (treatment?.kind === 'answer') {
    incoming.resume();
    answer(outgoing, treatment.status, treatment.retryAfterSeconds);
    return;
  }
  forward(state, incoming, (upstream) => {
    if (upstream === undefined) return reset(state, outgoing);
    state.hear(passing, upstream.statusCode ?? 0);
    if (isStream && upstream.statusCode === 200) {
      const late = treatment?.kind === 'delay' ? treatment.milliseconds : 0;
      setTimeout(() => passStream(state, { ...passing, treatment }, upstream, outgoing), late);
      return;
    }
    void passWhole(state, upstream, outgoing, treatment);
  });
}

/** `undefined` where the API server does not answer. */
function forward(
  { agent, upstream }: State,
  incoming: IncomingMessage,
  onAnswer: (answer: IncomingMessage | undefined) => void,
): void {
  const { hostname: host, port } = upstream;
  const headers = { ...incoming.headers, host: upstream.host };
  const options = { host, port, method: incoming.method, path: incoming.url, headers, agent };
  const onward = sendSecurely(options, onAnswer);
  let isAnswered = false;
  onward.on('response', () => {
    isAnswered = true;
  });
  onward.on('error', () => {
    if (!isAnswered) onAnswer(undefined);
  });
  incoming.pipe(onward);
}

function answer(outgoing: ServerResponse, code: number, retryAfterSeconds?: number): void {
  const reason = code === 429 ? 'TooManyRequests' : 'InternalError';
  const message = `injected fault ${code}`;
  const details = retryAfterSeconds === undefined ? {} : { details: { retryAfterSeconds } };
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, ...details, code };
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  outgoing.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(status));
}

async function passWhole(
  state: State,
  upstream: IncomingMessage,
  outgoing: ServerResponse,
  treatment: Treatment | undefined,
): Promise<void> {
  const body = await readWhole(upstream);
  if (body === undefined || (treatment?.kind === 'cut' && treatment.at === 'answer'))
    return reset(state, outgoing);
  if (treatment?.kind === 'spoil') return answer(outgoing, treatment.status);
  if (treatment?.kind === 'delay')
    await new Promise((resolve) => setTimeout(resolve, treatment.milliseconds));
  const { 'transfer-encoding': _encoding, ...headers } = upstream.headers;
  outgoing.writeHead(upstream.statusCode ?? 502, { ...headers, 'content-length': String(body.length) });
  if (treatment?.kind !== 'cut') {
    outgoing.end(body);
    return;
  }
  outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => reset(state, outgoing));
}

async function readWhole(upstream: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of upstream) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks);
  } catch {
    return undefined;
  }
}

function passStream(
  state: State,
  { treatment, ...passing }: Passing & { readonly treatment: Treatment | undefined },
  upstream: IncomingMessage,
  outgoing: ServerResponse,
): void {
  let isMute = false;
  const stream: OpenStream = {
    ...passing,
    say: (text) => void outgoing.write(text),
    end: () => {
      upstream.destroy();
      outgoing.end();
    },
    mute: () => {
      isMute = true;
    },
    reset: () => reset(state, outgoing),
  };
  state.streams.add(stream);
  outgoing.on('close', () => {
    state.streams.delete(stream);
    upstream.destroy();
  });
  outgoing.writeHead(200, upstream.headers);
  outgoing.flushHeaders();
  upstream.on('data', (chunk: Buffer) => {
    if (!isMute) outgoing.write(chunk);
  });
  upstream.on('end', () => (isMute ? undefined : outgoing.end()));
  upstream.on('error', () => (isMute ? undefined : reset(state, outgoing)));
  if (treatment?.kind === 'cut') reset(state, outgoing);
}

function keep(sockets: State['sockets'], socket: Socket): void {
  const { remotePort } = socket;
  sockets.set(remotePort, socket);
  socket.on('error', () => undefined).on('close', () => sockets.delete(remotePort));
}

function resetAll({ sockets }: State): void {
  for (const socket of sockets.values()) socket.resetAndDestroy();
}

function reset({ sockets }: State, outgoing: ServerResponse): void {
  sockets.get(outgoing.socket?.remotePort)?.resetAndDestroy();
  outgoing.destroy();
}
