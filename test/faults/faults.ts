/**
 * npm run faults: puts executions on a real cluster under faults and holds what they tell against what happened.
 *
 *     npm run faults -- [--rounds=N] [--only=SIGKILL,network,kube-apiserver killed/verifying] [--lanes=4]
 *                       [--results=FILE] [--write]
 *
 * `--results` adds what came out to what earlier runs have written there; `--write` makes docs/reliability.md of all.
 */
import { parseArgs } from 'node:util';
import { makeCertificate } from '../../bench/certificate.ts';
import { prepareCluster } from '../../scripts/test-cluster.ts';
import { putToolsInPath, say } from '../../scripts/toolbox.ts';
import { live } from '../e2e/harness/executions.ts';
import { openCluster } from '../e2e/harness/open-cluster.ts';
import { useCluster } from '../e2e/harness/under-test.ts';
import { CLUSTER_FAULTS } from './cluster-faults.ts';
import { EXECUTOR_FAULTS } from './executor-faults.ts';
import { openEyes } from './eyes.ts';
import { SERVER_NAME } from './hosts-file.ts';
import { chooseCells, runMatrix } from './matrix.ts';
import { NETWORK_FAULTS } from './network-faults.ts';
import { renderTables, writePage } from './reliability-page.ts';
import { openResults } from './results.ts';
import { STEP_FAULTS } from './step-faults.ts';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    lanes: { type: 'string', default: '4' },
    results: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
  },
});

const all = [...STEP_FAULTS, ...EXECUTOR_FAULTS, ...NETWORK_FAULTS, ...CLUSTER_FAULTS];
const cells = chooseCells(
  all,
  options.only.split(',').filter((part) => part !== ''),
);
putToolsInPath();
await prepareCluster();
const { cluster, close } = await openCluster(process.env);
useCluster(cluster);
const certificate = await makeCertificate(`DNS:${SERVER_NAME}`);
const eyes = await openEyes();
const results = openResults(options.results);
await runMatrix(cells, {
  ground: { eyes, certificate },
  rounds: Number(options.rounds),
  lanes: Number(options.lanes),
  say,
  record: results.add,
});
const { gitVersion } = await live<{ gitVersion: string }>('/version');
console.log(renderTables(results.all()));
if (options.write) await writePage(results.all(), gitVersion);
close();
const wrong = results.all().filter((result) => result.wrong > 0).length;
say(`${results.all().length} runs, ${wrong} with a wrong outcome`);
process.exit(wrong === 0 ? 0 : 1);
