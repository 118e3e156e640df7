/** The first stage: server, identities, installation and the caller's rights. */
import type { ApiServer, ClusterAccess } from '../cluster/api.ts';
import { settle, take } from '../cluster/settle.ts';
import { POD_REHEARSER, serviceAccountOf } from '../plan/names.ts';
import type { ExecutionRequest, Mode, RunOptions } from '../spec/request.ts';
import { identify, openRehearser, type Rehearser } from './identities.ts';
import { chooseProgram, readInstallation } from './installation.ts';
import { askCaller, whereOf } from './permissions.ts';
import type { ClusterIdentity } from './record.ts';
import type { Recording } from './recording.ts';
import { refuseMissing } from './refuse-missing.ts';

export interface Connecting {
  readonly caller: ApiServer;
  readonly access: ClusterAccess;
  /** Of a server that is closed when the run ends. */
  readonly openServer: (access: ClusterAccess) => ApiServer;
  readonly request: ExecutionRequest;
  readonly mode: Mode;
  readonly options: RunOptions;
  readonly programHash: string;
  readonly recording: Recording;
  readonly report: (text: string) => void;
}

export interface Connected {
  readonly identity: ClusterIdentity;
  readonly image: string;
  readonly program: string;
  readonly protectedNamespaces: readonly string[];
}

export interface Rehearsers {
  /** Of the action. */
  readonly rehearser: Rehearser;
  readonly podRehearser: Rehearser;
}

/** Where the action is to act; the empty string where its objects lie in no namespace. */
export function namespaceOf({ request, access }: Pick<Connecting, 'request' | 'access'>): string {
  return request.action.scope === 'cluster' ? '' : (request.namespace ?? access.namespace ?? 'default');
}

/** Who we are, what is installed, whether the caller may; all at once. Throws `Ended` with all that is missing. */
export async function connect(input: Connecting, namespace: string): Promise<Connected> {
  return connectWith(input, namespace, async () => ({}));
}

/** With the identities that observe and rehearse from here. */
export async function connectToRehearse(
  input: Connecting,
  namespace: string,
): Promise<Connected & Rehearsers> {
  const { request, options } = input;
  const open = (account: string) => openRehearser(input, options.jobNamespace, account);
  return connectWith(input, namespace, async () => {
    const [rehearser, podRehearser] = await Promise.all([
      open(serviceAccountOf(request.action.name)),
      open(POD_REHEARSER),
    ]);
    return { rehearser, podRehearser };
  });
}

async function connectWith<Extra>(
  { caller, access, request, mode, options, recording, programHash, report }: Connecting,
  namespace: string,
  meanwhile: () => Promise<Extra>,
): Promise<Connected & Extra> {
  const where = whereOf(request.action, namespace, options.jobNamespace);
  const verbs = mode === 'plan' ? ['plan'] : ['plan', 'execute'];
  const identity = await identify(caller, access.origin);
  recording.learn({ cluster: identity });
  report(
    `cluster ${identity.server} (Kubernetes ${identity.serverVersion}) as ${identity.user}, from ${identity.origin}`,
  );
  const [installation, callerRows, extra] = await Promise.all([
    settle(readInstallation(caller, options.jobNamespace)),
    askCaller(caller, identity.user, where, verbs),
    settle(meanwhile()),
  ]);
  recording.learn({ permissions: callerRows });
  // A missing right explains what else failed, so it is told first.
  refuseMissing(callerRows);
  const { image, programs, protectedNamespaces } = take(installation);
  const program = chooseProgram(programs, programHash);
  recording.reach('connected');
  return { identity, image, program, protectedNamespaces, ...take(extra) };
}
