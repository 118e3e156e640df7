/** Proxies from the environment, by the rules of Go's `httpproxy`, which kubectl follows. */
import { BlockList, isIP } from 'node:net';
import { requireProxy } from './server-address.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** By the scheme of the server; the first that is set counts. */
const VARIABLES = { https: ['HTTPS_PROXY', 'https_proxy'], http: ['HTTP_PROXY', 'http_proxy'] } as const;

/** All of them, whichever is used: each may hold a password. */
export function proxyAddresses(env: Environment): readonly string[] {
  return Object.values(VARIABLES)
    .flat()
    .flatMap((name) => (env[name] ? [withScheme(env[name])] : []));
}

/** The proxy for this server, or undefined. Loopback addresses never go through one. Throws on one that can't be used. */
export function environmentProxy(serverUrl: string, env: Environment): string | undefined {
  const url = new URL(serverUrl);
  const name = VARIABLES[url.protocol === 'https:' ? 'https' : 'http'].find((variable) => env[variable]);
  const proxy = name && env[name];
  if (!proxy || isDirect(url, env['NO_PROXY'] || env['no_proxy'] || '')) return undefined;
  return requireProxy(withScheme(proxy), name);
}

function withScheme(proxy: string): string {
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function isDirect(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  if (host === 'localhost' || isLoopback(host)) return true;
  const rules = noProxy.split(',').map((rule) => rule.trim().toLowerCase());
  return rules.some((rule) => rule !== '' && matches(rule, host, port));
}

function matches(rule: string, host: string, port: string): boolean {
  if (rule === '*') return true;
  if (rule.includes('/')) return isWithin(rule, host);
  const { name, port: rulePort } = splitPort(rule);
  if (rulePort !== undefined && rulePort !== port) return false;
  if (isIP(name) !== 0) return name === host;
  const suffix = name.replace(/^\*?\.?/, '');
  // A leading dot means subdomains alone.
  return host.endsWith(`.${suffix}`) || (!/^\*?\./.test(name) && host === suffix);
}

function splitPort(rule: string): { name: string; port?: string } {
  const found = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(rule);
  if (found === null) return { name: rule.replace(/^\[|\]$/g, '') };
  return { name: found[1] ?? found[2] ?? '', ...(found[3] === undefined ? {} : { port: found[3] }) };
}

function isWithin(block: string, host: string): boolean {
  const [network = '', bits = ''] = block.split('/');
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  const prefix = Number(bits);
  if (isIP(host) === 0 || isIP(network) === 0 || !/^\d+$/.test(bits)) return false;
  if (prefix > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, family);
  return list.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}

function isLoopback(host: string): boolean {
  return host === '::1' || isWithin('127.0.0.0/8', host);
}
