/** An https server on the loopback interface that answers as a test says, and remembers what it was asked. */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { ClusterAccess } from '../../../src/cluster/api.ts';
import { NoAnswer } from '../../../src/cluster/errors.ts';
import { type Certificate, makeCertificate } from './certificates.ts';

export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answerer = (asked: Asked, response: ServerResponse, request: IncomingMessage) => unknown;

export interface Loopback extends AsyncDisposable {
  readonly access: ClusterAccess;
  readonly certificate: Certificate;
  /** In order of arrival. */
  readonly asked: readonly Asked[];
  /** TLS connections accepted so far. */
  readonly connections: () => number;
  /** Those of them that are still open. */
  readonly open: () => Promise<number>;
  /** Cuts all connections at once, without a word. */
  readonly cut: () => void;
}

export const SERVER_CERTIFICATE = makeCertificate('api.test');

export async function openLoopback(answer: Answerer, options: ServerOptions = {}): Promise<Loopback> {
  const asked: Asked[] = [];
  let connections = 0;
  const identity = { cert: SERVER_CERTIFICATE.certificate, key: SERVER_CERTIFICATE.key };
  const server = createServer({ ...identity, ...options }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = readAsked(request, Buffer.concat(chunks).toString('utf8'));
      asked.push(one);
      answer(one, response, request);
    });
  });
  server.on('secureConnection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    access: accessTo(`https://127.0.0.1:${port}`),
    certificate: SERVER_CERTIFICATE,
    asked,
    connections: () => connections,
    open: () => promisify(server.getConnections.bind(server))(),
    cut: () => server.closeAllConnections(),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function accessTo(url: string, more: Partial<ClusterAccess> = {}): ClusterAccess {
  return {
    url,
    certificateAuthority: SERVER_CERTIFICATE.certificate,
    origin: 'test',
    credentials: async () => ({ authorization: 'Bearer token-1' }),
    ...more,
  };
}

export function json(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

export async function failureOf(sending: Promise<unknown>): Promise<NoAnswer> {
  const failure: unknown = await sending.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure instanceof NoAnswer) return failure;
  throw new Error('expected NoAnswer', { cause: failure });
}

function readAsked(request: IncomingMessage, body: string): Asked {
  const url = request.url ?? '';
  const query = new URL(url, 'https://api.test').searchParams;
  return { method: request.method ?? '', url, query, headers: request.headers, body };
}
