import { CredentialsError, messageOf } from '../errors.ts';
import { readProxy } from '../proxy.ts';

/** The server's URL without a slash at its end. kubectl takes an address without a scheme for http; we ask. */
export function requireServer(server: string | undefined, said: string): string {
  if (server === undefined) throw new CredentialsError(`${said}: no server is given`);
  const url = /^https?:\/\//i.test(server) ? URL.parse(server) : null;
  if (url === null) {
    throw new CredentialsError(`${said}: server must be an address such as https://203.0.113.7:6443`);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new CredentialsError(`${said}: server must be a plain address, without user, query or fragment`);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** The address as it is, of a proxy that can be used. */
export function requireProxy(proxyUrl: string, said: string): string {
  try {
    readProxy(proxyUrl);
    return proxyUrl;
  } catch (error) {
    throw new CredentialsError(`${said}: ${messageOf(error)}`);
  }
}

/** PEM text, or the base64 of it as kubeconfigs carry it. */
export function requireCertificates(text: string, said: string): string {
  const pem = text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64').toString('utf8');
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new CredentialsError(
    `${said}: the certificate authority is no PEM certificate, nor the base64 of one`,
  );
}
