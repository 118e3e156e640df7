/** GitHub's own token for this job, straight to an API server that trusts the issuer. It lives five minutes. */
import { readPointer } from '../../plan/pointer.ts';
import { CredentialsError } from '../errors.ts';
import { openApiServer } from '../transport.ts';
import { bearer, type CredentialSource } from './credential-source.ts';
import { decodeClaims } from './in-cluster.ts';
import { type Environment, environmentProxy } from './proxy-environment.ts';
import { renewing } from './renewal.ts';
import type { Mask } from './secrets.ts';

/** Throws where the workflow may not ask for tokens. */
export function openOidcTokens(audience: string, env: Environment, mask: Mask): CredentialSource {
  const address = env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '';
  const requestToken = env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '';
  if (address === '' || requestToken === '') {
    throw new CredentialsError(
      'GitHub gives this job no OIDC token: set "permissions: id-token: write" on it; pull requests from forks never get one',
    );
  }
  mask(requestToken);
  return renewing(async () => {
    const token = await mint(new URL(address), requestToken, audience, env);
    const expiresAt = expiryOf(token);
    return {
      credentials: { authorization: bearer(token, mask) },
      ...(expiresAt === undefined ? {} : { expiresAt }),
    };
  });
}

async function mint(url: URL, requestToken: string, audience: string, env: Environment): Promise<string> {
  const proxyUrl = environmentProxy(url.origin, env);
  const service = openApiServer({
    url: url.origin,
    origin: "GitHub's token service",
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    credentials: async () => ({ authorization: `Bearer ${requestToken}` }),
  });
  try {
    const query = { ...Object.fromEntries(url.searchParams), audience };
    const { status, body } = await service.send({ method: 'GET', path: url.pathname, query });
    const token = readPointer(body, '/value');
    if (status === 200 && typeof token === 'string') return token;
    throw new CredentialsError(`GitHub's token service gave no OIDC token: HTTP ${status}`);
  } finally {
    service.close();
  }
}

function expiryOf(token: string): number | undefined {
  const exp = readPointer(decodeClaims(token), '/exp');
  return typeof exp === 'number' ? exp * 1000 : undefined;
}
