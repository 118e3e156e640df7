import { nearest } from '../spec/nearest.ts';
import type { Report } from '../spec/problems.ts';
import { quote } from '../spec/problems.ts';
import type { CredentialInputs } from '../spec/request.ts';
import type { GivenInputs } from './given-inputs.ts';
import type { InputName } from './input-registry.ts';

type Kind = CredentialInputs['kind'];

const KINDS: readonly Kind[] = ['kubeconfig', 'token', 'oidc', 'environment', 'in-cluster'];

/** Which inputs say who, per kind; the first group must be given, the second may be. */
const INPUTS_OF: Readonly<
  Record<Kind, { readonly needed: readonly InputName[]; readonly allowed: readonly InputName[] }>
> = {
  kubeconfig: { needed: ['kubeconfig'], allowed: ['context'] },
  token: { needed: ['server', 'cluster-token'], allowed: ['certificate-authority'] },
  oidc: { needed: ['server', 'oidc-audience'], allowed: ['certificate-authority'] },
  environment: { needed: [], allowed: ['context'] },
  'in-cluster': { needed: [], allowed: [] },
};

/** Inputs whose presence decides the kind where it is not named. */
const TELLING: readonly (readonly [InputName, Kind])[] = [
  ['kubeconfig', 'kubeconfig'],
  ['cluster-token', 'token'],
  ['oidc-audience', 'oidc'],
];

export const FORKS =
  'On pull requests from forks and on Dependabot runs secrets are empty: run this job on another event, or leave it out there (see "Forks" in the README)';

const UNNAMED = "Does the secret exist, under this name, in this repository or in the job's environment?";

export type CredentialsRead =
  | { readonly kind: 'given'; readonly credentials: CredentialInputs }
  /** Nothing was given, or the secret behind an input is empty. */
  | { readonly kind: 'missing'; readonly input: InputName; readonly message: string }
  /** Already reported. */
  | { readonly kind: 'wrong' };

/** Nothing ambient is used unless it is named, so that an empty secret does not end on the runner's own cluster. */
export function readCredentials(given: GivenInputs, report: Report): CredentialsRead {
  const named = given.text('credentials')?.trim();
  const kind = named === undefined ? kindThatFollows(given, report) : kindNamed(named, report);
  if (kind === 'wrong') return { kind: 'wrong' };
  if (kind === undefined) return { kind: 'missing', input: 'credentials', message: sayNoneGiven(given) };
  const foreign = foreignInputs(kind, given);
  for (const input of foreign) {
    report({
      where: `input ${input}`,
      message: `does not go with credentials of kind ${kind}; give one kind alone`,
    });
  }
  const lacking = INPUTS_OF[kind].needed.filter((input) => given.text(input) === undefined);
  if (lacking.length > 0) return { kind: 'missing', ...sayLacking(kind, lacking) };
  const isSafe = kind !== 'token' && kind !== 'oidc' ? true : checkServer(given, report);
  return foreign.length > 0 || !isSafe
    ? { kind: 'wrong' }
    : { kind: 'given', credentials: build(kind, given) };
}

function kindNamed(named: string, report: Report): Kind | 'wrong' {
  const kind = KINDS.find((candidate) => candidate === named);
  if (kind) return kind;
  const near = nearest(named, KINDS);
  report({
    where: 'input credentials',
    message: `${quote(named)} is not one of ${KINDS.join(', ')}`,
    ...(near === undefined ? {} : { nearest: near }),
  });
  return 'wrong';
}

function kindThatFollows(given: GivenInputs, report: Report): Kind | 'wrong' | undefined {
  const found = TELLING.filter(([input]) => given.text(input) !== undefined);
  const [first, second] = found;
  if (first && second) {
    const names = found.map(([input]) => input).join(' and ');
    report({
      where: 'input credentials',
      message: `${names} are two kinds of credentials at once; give one`,
    });
    return 'wrong';
  }
  return first?.[1];
}

function foreignInputs(kind: Kind, given: GivenInputs): InputName[] {
  const { needed, allowed } = INPUTS_OF[kind];
  const all = Object.values(INPUTS_OF).flatMap((inputs) => [...inputs.needed, ...inputs.allowed]);
  return [...new Set(all)].filter(
    (input) => !needed.includes(input) && !allowed.includes(input) && given.text(input) !== undefined,
  );
}

function sayNoneGiven(given: GivenInputs): string {
  const what =
    given.text('server') === undefined
      ? 'no credentials: kubeconfig, cluster-token and oidc-audience are all empty'
      : 'no credentials for server: cluster-token and oidc-audience are both empty';
  return `${what}. ${UNNAMED} ${FORKS}. To use those of the machine, name them: "credentials: environment" or "in-cluster"`;
}

/** Where it is the server alone, no secret is empty: nothing is said of forks. */
function sayLacking(
  kind: Kind,
  lacking: readonly InputName[],
): { readonly input: InputName; readonly message: string } {
  if (lacking.join() === 'server') {
    const others = INPUTS_OF[kind].needed.filter((input) => input !== 'server');
    const message = `is not given; ${others.join(' and ')} needs the API server's address`;
    return { input: 'server', message };
  }
  const message = `credentials of kind ${kind} need ${lacking.join(' and ')}, which ${lacking.length > 1 ? 'are' : 'is'} empty. ${UNNAMED} ${FORKS}`;
  return { input: 'credentials', message };
}

/** The address is no secret, but what stands in the wrong input may be one: it is not quoted. */
function checkServer(given: GivenInputs, report: Report): boolean {
  const server = URL.parse(given.orDefault('server'));
  if (server?.protocol === 'https:' && server.username === '' && server.password === '') return true;
  report({ where: 'input server', message: 'is not an address such as https://cluster.example.com:6443' });
  return false;
}

function build(kind: Kind, given: GivenInputs): CredentialInputs {
  const context = given.text('context')?.trim();
  const inContext = context === undefined ? {} : { context };
  switch (kind) {
    case 'kubeconfig':
      return { kind, kubeconfig: given.text('kubeconfig') ?? '', ...inContext };
    case 'environment':
      return { kind, ...inContext };
    case 'in-cluster':
      return { kind };
    case 'token':
      return { kind, ...buildServer(given), token: given.orDefault('cluster-token') };
    case 'oidc':
      return { kind, ...buildServer(given), audience: given.orDefault('oidc-audience') };
  }
}

function buildServer(given: GivenInputs): {
  readonly server: string;
  readonly certificateAuthority?: string;
} {
  const certificateAuthority = given.text('certificate-authority')?.trim();
  return {
    server: given.orDefault('server'),
    ...(certificateAuthority === undefined ? {} : { certificateAuthority }),
  };
}
