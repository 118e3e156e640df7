/** The program inside the Job. Its only inputs are its arguments, the mounted plan and its ServiceAccount. */
import { readFile, writeFile } from 'node:fs/promises';
import { planners } from './catalog/planners.ts';
import { openInClusterAccess } from './cluster/credentials/in-cluster.ts';
import { stackOf } from './cluster/errors.ts';
import { openApiServer } from './cluster/transport.ts';
import { runExecutor } from './execute/run-executor.ts';
import { runRehearsal } from './execute/run-rehearsal.ts';
import { hearStop } from './execute/stop.ts';
import { exit } from './exit.ts';
import { readArguments } from './job/declared.ts';
import { MOUNTED_FILE, type Mounted } from './job/mounted.ts';
import { exitCodeOf, type Verdict, writeVerdict } from './plan/verdict.ts';

/** An API server that restarts or fails over is waited for, since nobody else can finish what was begun. */
const PATIENCE = { attempts: 20, giveUpAfterMs: 40_000 };
const TERMINATION_FILE = '/dev/termination-log';

const stop = hearStop();
const printLine = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<Verdict> {
  const access = await openInClusterAccess(process.env);
  const [identity, text] = await Promise.all([access.identity(), readFile(MOUNTED_FILE, 'utf8')]);
  const edges = {
    declared: readArguments(process.argv.slice(2)),
    api: openApiServer(access, PATIENCE),
    identity,
    stop,
    printLine,
  };
  const mounted = readMounted(text);
  return edges.declared.rehearses === true
    ? runRehearsal(mounted, planners, edges)
    : runExecutor(mounted, planners, edges);
}

/** The parser's own message would quote what may be secret. */
function readMounted(text: string): Mounted {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${MOUNTED_FILE} is no JSON`);
  }
}

/** What the step falls back on when it can't read the journal; the kubelet keeps so much. */
const TERMINATION_BYTES = 4096;

try {
  const verdict = await main();
  await writeFile(TERMINATION_FILE, writeVerdict(verdict, TERMINATION_BYTES));
  await exit(exitCodeOf(verdict));
} catch (error) {
  const message = stackOf(error);
  printLine(`the executor failed: ${message}`);
  await writeFile(TERMINATION_FILE, message.slice(0, TERMINATION_BYTES)).catch(() => undefined);
  await exit(1);
}
