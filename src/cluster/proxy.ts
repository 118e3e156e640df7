/** HTTP CONNECT through an http or https proxy. */
import type { ClientRequest } from 'node:http';
import * as https from 'node:https';
import { isIPv6, type Socket } from 'node:net';
import { http } from './node-http.ts';

/** Until the proxy has opened the tunnel. */
const CONNECT_TIMEOUT_MS = 20_000;

export interface Proxy {
  readonly url: URL;
  /** Without user and password. */
  readonly shown: string;
  /** Of the user and password, where there are some. */
  readonly authorization?: string;
}

/** A proxy refused or could not be reached; nothing came as far as the API server. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
}

/** Throws where the scheme is none that CONNECT goes through, or user and password can't be read. */
export function readProxy(proxyUrl: string): Proxy {
  const url = URL.parse(proxyUrl);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const scheme =
      url === null ? 'a proxy address that is no URL' : `a ${url.protocol.replace(':', '')} proxy`;
    throw new Error(`${scheme} is not supported: only http:// and https:// proxies are`);
  }
  const authorization = authorizationOf(url);
  return {
    url,
    shown: `${url.protocol}//${url.host}`,
    ...(authorization === undefined ? {} : { authorization }),
  };
}

function authorizationOf({ username, password, host }: URL): string | undefined {
  if (username === '') return undefined;
  const pair = [username, password].map(unescaped);
  if (pair.includes(undefined))
    throw new Error(
      `user or password of the proxy ${host} has a "%" that begins no escape: write each "%" of it as %25`,
    );
  return `Basic ${Buffer.from(pair.join(':')).toString('base64')}`;
}

/** Of a part of an address; `undefined` where a `%` in it begins no escape. */
export function unescaped(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/** A socket that ends at the target, behind the proxy. */
export function openTunnel(proxy: Proxy, target: { host: string; port: number }): Promise<Socket> {
  const host = isIPv6(target.host) ? `[${target.host}]` : target.host;
  const authority = `${host}:${target.port}`;
  const request = connectRequest(proxy, authority);
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: unknown): void => {
      request.destroy();
      reject(new ProxyError(`proxy ${proxy.shown} did not connect to ${authority}: ${why}`, { cause }));
    };
    request.once('connect', (answer, socket: Socket) => {
      if (answer.statusCode === 200) resolve(socket);
      else fail(`it answered ${answer.statusCode} ${answer.statusMessage ?? ''}`.trimEnd());
    });
    request.once('response', (answer) => fail(`it answered ${answer.statusCode}`));
    request.once('error', (error) => fail(error.message, error));
    request.setTimeout(CONNECT_TIMEOUT_MS, () => fail(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`));
    request.end();
  });
}

function connectRequest({ url, authorization }: Proxy, authority: string): ClientRequest {
  const request = url.protocol === 'https:' ? https.request : http.request;
  return request({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port),
    method: 'CONNECT',
    path: authority,
    agent: false,
    headers: {
      host: authority,
      ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
    },
  });
}
