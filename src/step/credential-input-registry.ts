/** The inputs that say who acts: where the identity in the cluster comes from. */
import type { InputDefinition } from './input-definition.ts';

export const CREDENTIAL_INPUTS = [
  {
    name: 'credentials',
    group: 'who',
    description:
      'Where the identity in the cluster comes from: `kubeconfig`, `token`, `oidc`, `environment` (`KUBECONFIG`, else the home directory) or `in-cluster`. Default: follows from which of the inputs below are not empty; the last two must be named.',
  },
  {
    name: 'kubeconfig',
    group: 'who',
    secret: true,
    description: 'A kubeconfig, as text or in base64.',
  },
  {
    name: 'context',
    group: 'who',
    description: "The kubeconfig's context to use. Default: its current one.",
  },
  {
    name: 'server',
    group: 'who',
    description: 'With `cluster-token` or `oidc-audience`: address of the API server, `https://…`.',
  },
  {
    name: 'certificate-authority',
    group: 'who',
    secret: true,
    description:
      "With `server`: the authority that signed its certificate, PEM or base64 of it. Default: the system's.",
  },
  {
    name: 'cluster-token',
    group: 'who',
    secret: true,
    description: 'A bearer token for `server`.',
  },
  {
    name: 'oidc-audience',
    group: 'who',
    description:
      "Log in to `server` with the workflow's own OIDC token for this audience; needs `permissions: id-token: write`.",
  },
] as const satisfies readonly InputDefinition[];
