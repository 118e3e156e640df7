import type { ClusterAccess, Credentials } from '../api.ts';
import type { Mask } from './secrets.ts';

/** Where credentials come from, before impersonation. */
export interface CredentialSource {
  credentials(signal?: AbortSignal): Promise<Credentials>;
  forget?(): void;
}

/** The part of an access that a kubeconfig's cluster entry says. */
export type ClusterAddress = Pick<
  ClusterAccess,
  'url' | 'certificateAuthority' | 'tlsServerName' | 'insecureSkipTlsVerify' | 'proxyUrl'
>;

export interface OpenedAccess extends ClusterAccess {
  /** What people should know: certificate checks that are off. */
  readonly warnings: readonly string[];
}

/** Masks the token before anybody can use it. */
export function bearer(token: string, mask: Mask = () => {}): string {
  mask(token);
  return `Bearer ${token}`;
}
