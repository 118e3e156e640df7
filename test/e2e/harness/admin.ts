/** Requests to the API server through the administrator's `kubectl proxy` on a socket. */
import { request } from 'node:http';
import { askUntil } from './ask-until.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  /** `application/json` unless told. */
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Resolves with the status and the answer as it arrives. */
export async function openAt(socket: string, sent: AdminRequest) {
  const { method, path, body, contentType } = sent;
  const text = body === undefined ? '' : JSON.stringify(body);
  // Node sends no length with a DELETE's body by itself.
  const headers = {
    ...sent.headers,
    'Content-Type': contentType ?? 'application/json',
    'Content-Length': Buffer.byteLength(text),
  };
  return await new Promise<{ status: number; chunks: AsyncIterable<string> }>((resolve, reject) => {
    const asked = request({ socketPath: socket, method, path, headers });
    asked.on('error', reject);
    asked.on('response', (response) => {
      // Whoever reads the chunks hears of it; an outage may come before anybody does.
      response.on('error', () => undefined);
      resolve({ status: response.statusCode ?? 0, chunks: response.setEncoding('utf8') });
    });
    asked.end(text);
  });
}

/** Resolves with any answer of the API server, read to its end, but for those to a GET that pass by themselves. */
export async function askAt(socket: string, sent: AdminRequest): Promise<Answer> {
  let answer = await askOnce(socket, sent);
  if (sent.method !== 'GET') return answer;
  await askUntil(async () => {
    if (passes(answer)) answer = await askOnce(socket, sent);
    return passes(answer) ? `GET ${sent.path}: ${answer.status} ${answer.text}` : undefined;
  });
  return answer;
}

async function askOnce(socket: string, sent: AdminRequest): Promise<Answer> {
  const { status, chunks } = await openAt(socket, sent);
  return { status, text: await textOf(chunks) };
}

/** Where the API server is busy, or its etcd has paused. */
function passes({ status, text }: Answer): boolean {
  return status === 429 || (status === 500 && text.includes('etcdserver: '));
}

export async function textOf(chunks: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += chunk;
  return text;
}
