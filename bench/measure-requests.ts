/** What one execution asks of the API server, counted at a proxy before it, stage by stage. */
import type { Administrator } from './administrator.ts';
import { kubeconfigOf, openActionPlace, openScriptPlace } from './place.ts';
import { openRecordingProxy, type Recorded, type RecordingProxy } from './recording-proxy.ts';
import { openScripting } from './script.ts';
import { type Moment, runStep, scaleInputs } from './step.ts';
import type { Row, Section } from './table.ts';

const NAME = 'web';

/** Each ends with the milestone it is named after. */
const STAGES = [
  'connected',
  'observed',
  'planned',
  'rehearsed',
  'job created',
  'executor started',
  'succeeded',
];

export async function measureRequests(admin: Administrator): Promise<Section> {
  await using proxy = await openRecordingProxy(admin.cluster);
  const ours = await recordAction(admin, proxy);
  const theirs = await recordScript(admin, proxy);
  return {
    title: 'Requests to the API server (of the step; the executor sends its own in the cluster)',
    rows: [...ours, ...theirs],
  };
}

async function recordAction(admin: Administrator, proxy: RecordingProxy): Promise<readonly Row[]> {
  await using place = await openActionPlace(admin);
  await place.deploy([NAME], 1);
  proxy.forget();
  const kubeconfig = kubeconfigOf(proxy.address, place.namespace, place.token);
  const { timeline } = await runStep(scaleInputs(kubeconfig, place.namespace, NAME, 2));
  const milestones = timeline.filter(({ event }) => STAGES.includes(event));
  const whole = { ...rowOf('the whole execution', proxy.requests), detail: sayConnections(proxy) };
  const stages = milestones.map((milestone, index) => {
    const sent = sentBetween(proxy.requests, milestones[index - 1], milestone);
    return rowOf(`— until ${milestone.event}`, sent);
  });
  return [whole, ...stages.filter((_row, index) => milestones[index] !== undefined)];
}

function sentBetween(
  requests: readonly Recorded[],
  from: Moment | undefined,
  to: Moment,
): readonly Recorded[] {
  return requests.filter(({ atMs }) => atMs > (from?.atMs ?? 0) && atMs <= to.atMs);
}

/** First with an empty discovery cache, as on a fresh runner, then with a full one. */
async function recordScript(admin: Administrator, proxy: RecordingProxy): Promise<readonly Row[]> {
  await using place = await openScriptPlace(admin);
  await place.deploy([NAME], 1);
  using scripting = openScripting(
    kubeconfigOf(proxy.address, place.namespace, place.token),
    admin.serverVersion,
  );
  const rows: Row[] = [];
  for (const [what, replicas] of [
    ['the script, on a fresh runner', 2],
    ['the script, with discovery cached', 1],
  ] as const) {
    proxy.forget();
    await scripting.scale({ name: NAME, replicas, waits: false });
    rows.push({ ...rowOf(what, proxy.requests), detail: sayConnections(proxy) });
  }
  return rows;
}

function rowOf(what: string, requests: readonly Recorded[]): Row {
  const sum = (of: (request: Recorded) => number): string =>
    (requests.reduce((total, request) => total + of(request), 0) / 1000).toFixed(1);
  const bytes = `${sum(({ bytesUp }) => bytesUp)} kB up, ${sum(({ bytesDown }) => bytesDown)} kB down`;
  return { what, measured: `${requests.length} requests, ${bytes}`, detail: sayKinds(requests) };
}

function sayConnections(proxy: RecordingProxy): string {
  const identities = new Set(proxy.requests.map(({ identity }) => identity)).size;
  return `${proxy.connections()} TLS connections, ${identities} ${identities === 1 ? 'identity' : 'identities'}`;
}

/** `4 × POST selfsubjectaccessreviews, GET pods (watch)`. */
function sayKinds(requests: readonly Recorded[]): string {
  const counts = new Map<string, number>();
  for (const request of requests) counts.set(kindOf(request), (counts.get(kindOf(request)) ?? 0) + 1);
  return [...counts].map(([kind, count]) => (count === 1 ? kind : `${count} × ${kind}`)).join(', ');
}

function kindOf({ method, path }: Recorded): string {
  const url = new URL(path, 'https://cluster');
  const [group, ...rest] = url.pathname.split('/').slice(1);
  const parts = rest.slice(group === 'api' ? 1 : 2);
  const [resource = url.pathname, _name, subresource] =
    parts[0] === 'namespaces' && parts.length > 2 ? parts.slice(2) : parts;
  const notes = [
    url.searchParams.has('watch') ? 'watch' : '',
    url.searchParams.has('dryRun') ? 'dry run' : '',
  ].filter((note) => note !== '');
  const name = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `${method} ${name}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`;
}
