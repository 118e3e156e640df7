/** Connections to one API server: a keep-alive pool, TLS by the cluster's rules, through a proxy where one is set. */
import type { Agent as HttpAgent } from 'node:http';
import * as https from 'node:https';
import type { Duplex } from 'node:stream';
import * as tls from 'node:tls';
import type { ClusterAccess } from './api.ts';
import { http } from './node-http.ts';
import { openTunnel, readProxy } from './proxy.ts';

/** Load balancers cut connections that are idle for 60 s or more; probes keep those with a silent watch alive. */
const PROBE_AFTER_MS = 30_000;
/** Idle pooled connections end before anything in between forgets them: a write on a dead one has no known outcome. */
const IDLE_MS = 40_000;
const MAX_SOCKETS = 32;

type Connected = (error: Error | null, socket: Duplex) => void;
type ConnectionOptions = tls.ConnectionOptions & { readonly host?: string; readonly port?: string | number };
type Agent = HttpAgent | https.Agent;

/** A pool of connections to a server. Client certificates are given per request, since they are renewed. */
export function openAgent(access: ClusterAccess, maxSockets = MAX_SOCKETS): Agent {
  const secure = new URL(access.url).protocol === 'https:';
  const pool = { keepAlive: true, keepAliveMsecs: PROBE_AFTER_MS, maxSockets, timeout: IDLE_MS };
  const agent = secure
    ? new https.Agent({ ...pool, ...tlsOptions(access) })
    : new http.Agent({ ...pool, scheduling: 'lifo' });
  if (access.proxyUrl !== undefined) tunnelThrough(agent, access.proxyUrl, secure);
  return agent;
}

function tlsOptions(access: ClusterAccess): https.AgentOptions {
  return {
    scheduling: 'lifo',
    minVersion: 'TLSv1.2',
    ...(access.certificateAuthority === undefined ? {} : { ca: access.certificateAuthority }),
    ...(access.tlsServerName === undefined ? {} : { servername: access.tlsServerName }),
    ...(access.insecureSkipTlsVerify === true ? { rejectUnauthorized: false } : {}),
  };
}

function tunnelThrough(agent: Agent, proxyUrl: string, secure: boolean): void {
  const proxy = readProxy(proxyUrl);
  agent.createConnection = (options: ConnectionOptions, connected?: Connected) => {
    const target = { host: options.host ?? 'localhost', port: Number(options.port) };
    const opening = openTunnel(proxy, target).then((socket) =>
      secure ? secureOver(socket, options) : socket,
    );
    opening.then(
      (socket) => connected?.(null, socket),
      // The type demands a socket beside the error; Node reads none.
      (error: unknown) => connected?.(asError(error), undefined as unknown as Duplex),
    );
    return undefined;
  };
}

/** Throws at once where the client certificate or its key is none. */
function secureOver(socket: Duplex, options: ConnectionOptions): tls.TLSSocket {
  try {
    return tls.connect({ ...tlsOver(options), socket });
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Host and port must not reach `tls.connect` beside a socket, but the name to verify must. */
function tlsOver(options: ConnectionOptions): tls.ConnectionOptions {
  const { path: _path, ...rest } = options;
  return rest;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
