/**
 * npm run bench: measures the action on a real cluster and prints the table of docs/benchmarks.md.
 *
 *     npm run bench -- [--write] [--repetitions=N] [--only=execution,start,requests,log,at-once] [--at-once=1,10,100]
 */
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { prepareCluster, startCluster } from '../scripts/test-cluster.ts';
import { putToolsInPath, say } from '../scripts/toolbox.ts';
import { untilPoliciesAct } from '../test/e2e/harness/probe.ts';
import { type Administrator, openAdministrator } from './administrator.ts';
import { measureAtOnce } from './measure-at-once.ts';
import { measureDistance } from './measure-distance.ts';
import { measureExecution } from './measure-execution.ts';
import { measureLog } from './measure-log.ts';
import { measureRequests } from './measure-requests.ts';
import { measureStart } from './measure-start.ts';
import { renderSections, type Section, writeDocument } from './table.ts';

const { values: options } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    repetitions: { type: 'string', default: '10' },
    only: { type: 'string', default: 'start,execution,distance,requests,log,at-once' },
    'at-once': { type: 'string', default: '1,10' },
  },
});
const repetitions = Number(options.repetitions);

type Measure = (admin: Administrator) => Promise<readonly Section[]>;

const MEASURES: Readonly<Record<string, Measure>> = {
  start: async () => [await measureStart(repetitions * 2)],
  execution: (admin) => measureExecution(admin, repetitions),
  distance: async (admin) => [await measureDistance(admin, Math.ceil(repetitions / 2))],
  requests: async (admin) => [await measureRequests(admin)],
  log: async (admin) => [await measureLog(admin, Math.ceil(repetitions / 2))],
  'at-once': async (admin) => [await measureAtOnce(admin, options['at-once'].split(',').map(Number))],
};

const chosen = options.only.split(',').map((name) => {
  const measure = MEASURES[name];
  if (measure === undefined)
    throw new Error(`no measure "${name}"; there are ${Object.keys(MEASURES).join(', ')}`);
  return { name, measure };
});

putToolsInPath();
await prepareCluster();
const { kubeconfig } = await startCluster();
using admin = await openAdministrator(kubeconfig);
say('installing the executor: kubectl apply -k manifests');
const applied = await admin.kubectl('apply', '--kustomize', 'manifests');
if (!applied.split('\n').every((line) => line.endsWith(' unchanged'))) await untilPoliciesAct(admin.socket);
const loadBefore = loadavg()[0] ?? 0;
const sections: Section[] = [];
for (const { name, measure } of chosen) {
  say(`measuring: ${name}`);
  const measured = await measure(admin);
  console.log(`${renderSections(measured)}\n`);
  sections.push(...measured);
}
if (options.write) await writeDocument(describeMachine(loadBefore), sections);
process.exitCode = sections.every(({ rows }) => rows.every(({ holds }) => holds !== false)) ? 0 : 1;

function describeMachine(load: number): string {
  const day = new Date().toISOString().slice(0, 10);
  const [first] = cpus();
  const machine = `${cpus().length} CPUs (${first?.model.trim() ?? 'unknown'}), which the cluster and everything measured share`;
  return `Measured on ${day} with \`npm run bench -- ${process.argv.slice(2).join(' ')}\`: Node ${process.versions.node}, Kubernetes ${admin.serverVersion}, ${machine}; load ${load.toFixed(1)} before. Medians, with the middle half in brackets.`;
}
