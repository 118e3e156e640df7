/** A proxy in front of an API server that notes each request; clients trust its certificate instead of the server's. */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as send } from 'node:https';
import type { ServerAddress } from './administrator.ts';
import { makeCertificate } from './certificate.ts';

export interface Recorded {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** By the wall clock, as it arrived. */
  readonly atMs: number;
  /** Tells identities apart. */
  readonly identity: string;
  /** Of the bodies alone; grow while an answer streams. */
  bytesUp: number;
  bytesDown: number;
  /** Of the answer, once it begins. */
  status?: number;
}

export interface RecordingProxy extends AsyncDisposable {
  readonly address: ServerAddress;
  /** In the order of arrival, since the last `forget`. */
  readonly requests: readonly Recorded[];
  connections(): number;
  forget(): void;
  /** From now on: which answers are broken off, after how many bytes. */
  cut(after: (path: string) => number | undefined): void;
  /** From now on: which requests are never passed on. Resolves with the first of them. */
  hold(isHeld: (request: Recorded) => boolean): Promise<Recorded>;
}

interface State {
  readonly upstream: URL;
  readonly agent: Agent;
  readonly requests: Recorded[];
  connections: number;
  cutAfter: (path: string) => number | undefined;
  isHeld: (request: Recorded) => boolean;
}

export async function openRecordingProxy({
  server: url,
  certificateAuthority,
}: ServerAddress): Promise<RecordingProxy> {
  const { certificate, key } = await makeCertificate();
  const state: State = {
    upstream: new URL(url),
    agent: new Agent({ keepAlive: true, ca: atob(certificateAuthority) }),
    requests: [],
    connections: 0,
    cutAfter: () => undefined,
    isHeld: () => false,
  };
  const server = createServer({ cert: certificate, key }, (incoming, outgoing) =>
    forward(state, incoming, outgoing),
  );
  server.on('secureConnection', () => {
    state.connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy listens on no port');
  return {
    address: { server: `https://127.0.0.1:${address.port}`, certificateAuthority: btoa(certificate) },
    requests: state.requests,
    connections: () => state.connections,
    forget: () => {
      state.requests.length = 0;
      state.connections = 0;
    },
    cut: (after) => {
      state.cutAfter = after;
    },
    hold: async (isHeld) =>
      await new Promise((resolve) => {
        state.isHeld = (request) => {
          const held = isHeld(request);
          if (held) resolve(request);
          return held;
        };
      }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      state.agent.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function forward(state: State, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { method = 'GET', url = '/', headers } = incoming;
  const recorded: Recorded = {
    method,
    path: url,
    atMs: Date.now(),
    identity: createHash('sha256')
      .update(headers.authorization ?? '')
      .digest('hex')
      .slice(0, 8),
    bytesUp: 0,
    bytesDown: 0,
  };
  state.requests.push(recorded);
  if (state.isHeld(recorded)) return;
  const { hostname: host, port, host: name } = state.upstream;
  const options = { host, port, method, path: url, headers: { ...headers, host: name }, agent: state.agent };
  const onward = send(options, (answer) => {
    recorded.status = answer.statusCode ?? 502;
    outgoing.writeHead(recorded.status, answer.headers);
    passOn(answer, outgoing, recorded, state.cutAfter(url));
  });
  onward.on('error', () => outgoing.destroy());
  outgoing.on('close', () => onward.destroy());
  incoming.on('data', (chunk: Buffer) => {
    recorded.bytesUp += chunk.length;
  });
  incoming.pipe(onward);
}

/** As fast as the client takes it. */
function passOn(
  answer: IncomingMessage,
  outgoing: ServerResponse,
  recorded: Recorded,
  cutAfter: number | undefined,
): void {
  answer.on('data', (chunk: Buffer) => {
    recorded.bytesDown += chunk.length;
    if (cutAfter !== undefined && recorded.bytesDown > cutAfter) outgoing.destroy();
  });
  answer.on('error', () => outgoing.destroy());
  outgoing.flushHeaders();
  answer.pipe(outgoing);
}
