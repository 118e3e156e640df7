import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { CredentialInputs } from '../../spec/request.ts';
import { CredentialsError, messageOf } from '../errors.ts';
import { bearer, type CredentialSource, type OpenedAccess } from './credential-source.ts';
import { openInClusterAccess } from './in-cluster.ts';
import { isPath, type Kubeconfig, mergeKubeconfigs, parseKubeconfig, pickContext } from './kubeconfig.ts';
import { openKubeconfigAccess } from './kubeconfig-access.ts';
import { openOidcTokens } from './oidc.ts';
import { type Environment, environmentProxy, proxyAddresses } from './proxy-environment.ts';
import { kubeconfigSecrets, type Mask, proxySecrets } from './secrets.ts';
import { requireCertificates, requireServer } from './server-address.ts';

/**
 * From the inputs to a server and an identity; nothing is sent yet. `env` is the process environment: proxies,
 * KUBECONFIG, HOME, GitHub's token service, and what exec plugins inherit. `mask` hears of every secret before
 * its first use, also of those issued later. Throws `CredentialsError`.
 */
export async function openAccess(
  inputs: CredentialInputs,
  env: Environment,
  mask: Mask = () => {},
): Promise<OpenedAccess> {
  return { ...(await openGiven(inputs, env, mask)), mask };
}

async function openGiven(inputs: CredentialInputs, env: Environment, mask: Mask): Promise<OpenedAccess> {
  proxyAddresses(env).flatMap(proxySecrets).forEach(mask);
  switch (inputs.kind) {
    case 'kubeconfig': {
      const where = 'the input kubeconfig';
      kubeconfigSecrets(inputs.kubeconfig).forEach(mask);
      if (isPath(inputs.kubeconfig)) {
        throw new CredentialsError(
          `${where} takes the text of a kubeconfig, and this looks like a path: set the environment variable KUBECONFIG to it and give "credentials: environment" instead`,
        );
      }
      const config = parseKubeconfig(inputs.kubeconfig, process.cwd(), where);
      return openKubeconfigAccess(pickContext(config, inputs.context, where), where, env, mask);
    }
    case 'environment': {
      const { config, where } = await readEnvironment(env, mask);
      return openKubeconfigAccess(pickContext(config, inputs.context, where), where, env, mask);
    }
    case 'token': {
      const authorization = bearer(inputs.token.trim(), mask);
      const source = { credentials: async () => ({ authorization }) };
      return openDirect(inputs, 'the input cluster-token', source, env);
    }
    case 'oidc':
      return openDirect(inputs, "GitHub's OIDC token", openOidcTokens(inputs.audience, env, mask), env);
    case 'in-cluster': {
      const access = await openInClusterAccess(env, mask).catch((error: unknown) => {
        throw new CredentialsError(messageOf(error), { cause: error });
      });
      return { ...access, warnings: [] };
    }
  }
}

/** Server and certificate authority from inputs; certificate checks can't be switched off here. */
function openDirect(
  inputs: { readonly server: string; readonly certificateAuthority?: string },
  origin: string,
  source: CredentialSource,
  env: Environment,
): OpenedAccess {
  const url = requireServer(inputs.server, 'the input server');
  if (url.startsWith('http:')) {
    throw new CredentialsError('the input server must begin with https://: a token is not sent in the clear');
  }
  const authority = inputs.certificateAuthority;
  const proxyUrl = environmentProxy(url, env);
  return {
    url,
    origin,
    warnings: [],
    ...(authority === undefined
      ? {}
      : { certificateAuthority: requireCertificates(authority, 'the input certificate-authority') }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    credentials: (signal) => source.credentials(signal),
    ...(source.forget === undefined ? {} : { forget: () => source.forget?.() }),
  };
}

/** KUBECONFIG is a list of files, of which some may be missing; without it the file in the home directory counts. */
async function readEnvironment(
  env: Environment,
  mask: Mask,
): Promise<{ readonly config: Kubeconfig; readonly where: string }> {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((file) => file !== '');
  const where = listed.length > 0 ? 'KUBECONFIG' : '~/.kube/config';
  const home = env['HOME'] || env['USERPROFILE'] || '';
  const files = listed.length > 0 ? listed : [join(home, '.kube', 'config')];
  const configs = await Promise.all(files.map((file) => readKubeconfigFile(file, mask)));
  const found = configs.filter((config) => config !== undefined);
  if (found.length === 0) throw new CredentialsError(`${where}: no such file: ${files.join(', ')}`);
  return { config: mergeKubeconfigs(found), where };
}

async function readKubeconfigFile(file: string, mask: Mask): Promise<Kubeconfig | undefined> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new CredentialsError(`${file} can't be read`, { cause: error });
  });
  if (text === undefined) return undefined;
  kubeconfigSecrets(text).forEach(mask);
  return parseKubeconfig(text, dirname(resolve(file)), file);
}
