/** The two identities of the step: the workflow's own, and the action's for observing and rehearsing. */
import type { ApiServer, ClusterAccess } from '../cluster/api.ts';
import { bearer } from '../cluster/credentials/credential-source.ts';
import { renewing } from '../cluster/credentials/renewal.ts';
import { requestPath } from '../cluster/path.ts';
import { rehearsalOnly } from '../cluster/rehearsal-only.ts';
import { createObject, expectSuccess } from '../cluster/typed.ts';
import { textAt } from '../plan/pointer.ts';
import { Ended, refuse } from './ending.ts';
import type { ClusterIdentity } from './record.ts';

/** Every token lives this long, the shortest that the API server gives out. */
const TOKEN_SECONDS = 600;
const OLDEST_MINOR = 30;

export interface RehearserOpening {
  readonly caller: ApiServer;
  readonly access: ClusterAccess;
  readonly openServer: (access: ClusterAccess) => ApiServer;
}

export interface Rehearser {
  /** Refuses to send a real write. */
  readonly api: ApiServer;
  /** For access reviews, which are writes that change nothing. */
  readonly reviews: ApiServer;
}

/** Server version and user name; refuses servers older than 1.30. */
export async function identify(caller: ApiServer, origin: string): Promise<ClusterIdentity> {
  const [version, self] = await Promise.all([
    caller.send({ method: 'GET', path: '/version' }).then(expectSuccess),
    createObject(
      caller,
      { group: 'authentication.k8s.io', version: 'v1', resource: 'selfsubjectreviews' },
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'SelfSubjectReview',
      },
      { resendable: true },
    ),
  ]);
  const serverVersion = textAt(version, '/gitVersion');
  const minor = Number.parseInt(textAt(version, '/minor'), 10);
  if (minor < OLDEST_MINOR) {
    throw new Ended(
      refuse(
        'server-too-old',
        `${caller.url} runs Kubernetes ${serverVersion}; 1.${OLDEST_MINOR} or later is needed for its admission policies.`,
      ),
    );
  }
  return {
    server: caller.url,
    serverVersion,
    user: textAt(self, '/status/userInfo/username'),
    origin,
  };
}

/** Observes and rehearses as the action's ServiceAccount, with tokens that admission holds to dry runs; renewed for reading that takes long. */
export async function openRehearser(
  { caller, access, openServer }: RehearserOpening,
  namespace: string,
  account: string,
): Promise<Rehearser> {
  const source = renewing(async () => {
    const token = await requestToken(caller, namespace, account);
    const expiresAt = Date.now() + TOKEN_SECONDS * 1000;
    return { credentials: { authorization: bearer(token, access.mask) }, expiresAt };
  });
  // Asked for at once, so that a missing ServiceAccount is told here.
  await source.credentials();
  // The same server; nothing of the caller's own credentials goes along.
  const api = openServer({ ...access, ...source });
  return { api: rehearsalOnly(api), reviews: api };
}

async function requestToken(caller: ApiServer, namespace: string, account: string): Promise<string> {
  const path = {
    group: '',
    version: 'v1',
    resource: 'serviceaccounts',
    namespace,
    name: account,
    subresource: 'token',
  };
  const response = await caller.send({
    method: 'POST',
    path: requestPath(path),
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: TOKEN_SECONDS },
    },
    resendable: true,
  });
  if (response.status === 404) {
    throw new Ended(
      refuse(
        'installation-missing',
        `serviceaccount/${account} does not exist in namespace ${namespace}. Apply the manifests of this version: kubectl apply -k manifests`,
      ),
    );
  }
  return textAt(expectSuccess(response), '/status/token');
}
