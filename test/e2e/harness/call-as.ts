/** Requests straight to the API server under any token, as somebody would send them who goes around the step. */
import { request } from 'node:https';
import type { AdminRequest, Answer } from './admin.ts';
import { clusterUnderTest } from './under-test.ts';

/** Resolves with any answer. */
export async function callAs(
  token: string,
  { method, path, body, contentType }: AdminRequest,
): Promise<Answer> {
  const { server, certificateAuthority } = clusterUnderTest();
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    Authorization: `Bearer ${token}`,
    'Content-Type': contentType ?? 'application/json',
    'Content-Length': Buffer.byteLength(text),
  };
  const ca = Buffer.from(certificateAuthority, 'base64');
  return await new Promise((resolve, reject) => {
    const sent = request(new URL(path, server), { method, headers, ca, agent: false });
    sent.on('error', reject);
    sent.on('response', (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        answer += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: answer }));
    });
    sent.end(text);
  });
}
