/** A long log read to its end and written to a file, against `kubectl logs`; then with three cuts on the way. */
import { createHash } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { rolldown } from 'rolldown';
import { readCommand } from '../scripts/run-command.ts';
import { startProcess } from '../test/e2e/harness/running-process.ts';
import type { Administrator } from './administrator.ts';
import { BUSYBOX, kubeconfigOf, openScriptPlace, type Place } from './place.ts';
import type { LogReading } from './read-log.ts';
import { openRecordingProxy } from './recording-proxy.ts';
import { say, summarise, summariseRatios } from './statistics.ts';
import { heldRow, type Row, type Section } from './table.ts';

const LINE_BYTES = 200;
const CUTS = 3;

/**
 * The kubelet looks every ten seconds whether the log of a running container is above 10 MiB, and what it then rotates
 * away nobody can read. So the whole must be printed between two looks; on a busy machine only a shorter one is.
 */
const MOST_LINES = [1_000_000, 500_000, 200_000, 50_000];
const TRIES = 4;
const READER = 'read-log.mjs';

export async function measureLog(admin: Administrator, repetitions: number): Promise<Section> {
  const folder = mkdtempSync(join(tmpdir(), 'kubernetes-executor-bench-'));
  try {
    await using place = await openScriptPlace(admin);
    await bundleReader(folder);
    const printed = await printLog(admin, place, folder);
    const rows = [...(await compare(place, printed, repetitions)), await readCut(admin, place, printed)];
    return { title: 'A long log', rows };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As the action's own code is: read from its source, it would be measured together with what strips its types. */
async function bundleReader(folder: string): Promise<void> {
  await using bundle = await rolldown({
    input: join(import.meta.dirname, 'read-log.ts'),
    platform: 'node',
    tsconfig: false,
  });
  await bundle.write({ file: join(folder, READER), format: 'esm', minify: true });
}

interface Printed {
  readonly pod: string;
  readonly lines: number;
  readonly sha256: string;
  /** Where it is read to. */
  readonly folder: string;
}

/** A pod that has printed as much as can be had, and whose log is still whole. */
async function printLog(admin: Administrator, place: Place, folder: string): Promise<Printed> {
  for (const lines of MOST_LINES) {
    const sha256 = hashOf(lines);
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      const printed = { pod: `print-${lines}-${attempt}`, lines, sha256, folder };
      await runPod(admin, place.namespace, printed);
      if ((await readByKubectl(place, printed)).sha256 === sha256) return printed;
    }
  }
  throw new Error('the kubelet rotated the log of every pod before it had printed it all');
}

async function runPod(
  admin: Administrator,
  namespace: string,
  { pod, lines }: Pick<Printed, 'pod' | 'lines'>,
): Promise<void> {
  // The lines are numbered, so that no two are alike.
  const program = `BEGIN { rest = sprintf("%${LINE_BYTES - 9}s", ""); gsub(/ /, "x", rest); for (i = 1; i <= ${lines}; i++) printf "%07d %s\\n", i, rest }`;
  const container = {
    name: 'print',
    image: BUSYBOX,
    imagePullPolicy: 'IfNotPresent',
    command: ['awk', program],
  };
  const spec = { restartPolicy: 'Never', containers: [container] };
  await admin.apply([{ apiVersion: 'v1', kind: 'Pod', metadata: { name: pod, namespace }, spec }]);
  const watched = {
    path: `/api/v1/namespaces/${namespace}/pods`,
    query: `fieldSelector=metadata.name%3D${pod}`,
  };
  await admin.until<V1Pod>(watched, ([found]) =>
    ['Succeeded', 'Failed'].includes(found?.status?.phase ?? ''),
  );
}

function hashOf(lines: number): string {
  const hash = createHash('sha256');
  const rest = 'x'.repeat(LINE_BYTES - 9);
  for (let line = 1; line <= lines; line++) hash.update(`${String(line).padStart(7, '0')} ${rest}\n`);
  return hash.digest('hex');
}

/** `200 MB in 1,000,000 lines`. */
function saySize(printed: Printed): string {
  return `${megabytesOf(printed)} MB in ${printed.lines.toLocaleString('en')} lines`;
}

function megabytesOf({ lines }: Printed): number {
  return (lines * LINE_BYTES) / 1e6;
}

async function compare(place: Place, printed: Printed, repetitions: number): Promise<readonly Row[]> {
  const ours: LogReading[] = [];
  const theirs: number[] = [];
  for (let count = 0; count < repetitions; count++) {
    ours.push(await readByStep(place.kubeconfig, place, printed));
    theirs.push((await readByKubectl(place, printed)).milliseconds);
  }
  const times = ours.map(({ milliseconds }) => milliseconds);
  const ratio = summariseRatios(times, theirs);
  const speed = (milliseconds: number): number => megabytesOf(printed) / (milliseconds / 1000);
  const rate = summarise(times.map(speed));
  const detail = `${say(rate, 0)} MB/s against ${say(summarise(theirs.map(speed)), 0)} MB/s of \`kubectl logs > file\``;
  const fast: Row = {
    what: `${saySize(printed)} read into a file, against \`kubectl logs\``,
    measured: `${say(ratio)}; ${sayRight(ours, printed)}`,
    target: '≥ 20 MB/s',
    holds: rate.median >= 20 && ours.every((read) => isRight(read, printed)),
    detail,
  };
  return [fast, memoryRow(ours)];
}

/** Four times the log may not need much more memory. V8 lets its young objects take some 50 MB before it cares. */
function memoryRow(readings: readonly LogReading[]): Row {
  const growth = summarise(
    readings.map(({ megabytes, megabytesAtQuarter }) => megabytes / megabytesAtQuarter),
  );
  const before = say(summarise(readings.map(({ megabytesAtQuarter }) => megabytesAtQuarter)), 0);
  const after = say(summarise(readings.map(({ megabytes }) => megabytes)), 0);
  const detail = `${after} MB against ${before} MB`;
  const what = 'memory at the end, against that after a quarter';
  return heldRow({ what, measured: say(growth), detail }, growth.median, 1.5);
}

function isRight(read: LogReading, printed: Printed): boolean {
  return read.complete && read.lines === printed.lines && read.sha256 === printed.sha256;
}

function sayRight(readings: readonly LogReading[], printed: Printed): string {
  return `${readings.filter((read) => isRight(read, printed)).length} of ${readings.length} byte for byte, and known to be complete`;
}

/** Each cut comes a quarter of the log further on. */
async function readCut(admin: Administrator, place: Place, printed: Printed): Promise<Row> {
  await using proxy = await openRecordingProxy(admin.cluster);
  let cuts = 0;
  proxy.cut((path) => {
    if (!path.includes('/log?') || cuts === CUTS) return undefined;
    cuts += 1;
    return (megabytesOf(printed) * 1e6) / 4;
  });
  const kubeconfig = kubeconfigOf(proxy.address, place.namespace, place.token);
  const read = await readByStep(kubeconfig, place, printed);
  const seconds = `${(megabytesOf(printed) / (read.milliseconds / 1000)).toFixed(0)} MB/s, through a proxy`;
  const gaps = read.gaps.length === 0 ? '' : `; gaps: ${read.gaps.map(({ reason }) => reason).join(', ')}`;
  return {
    what: `${saySize(printed)}, with ${cuts} cuts on the way`,
    measured: sayRight([read], printed),
    target: 'complete, no line twice',
    holds: isRight(read, printed),
    detail: `${seconds}; ${read.megabytes.toFixed(0)} MB of memory${gaps}`,
  };
}

async function readByStep(
  kubeconfig: string,
  { namespace }: Place,
  { pod, folder, lines }: Printed,
): Promise<LogReading> {
  const kubeconfigFile = join(folder, 'kubeconfig');
  writeFileSync(kubeconfigFile, kubeconfig, { mode: 0o600 });
  const args = [
    join(folder, READER),
    kubeconfigFile,
    namespace,
    pod,
    'print',
    join(folder, 'step.log'),
    String(lines),
  ];
  return JSON.parse(await readCommand(process.execPath, args)) as LogReading;
}

async function readByKubectl(
  place: Place,
  { pod, folder }: Printed,
): Promise<{ readonly milliseconds: number; readonly sha256: string }> {
  const kubeconfigFile = join(folder, 'kubeconfig');
  writeFileSync(kubeconfigFile, place.kubeconfig, { mode: 0o600 });
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, KUBECONFIG: kubeconfigFile, POD: pod };
  const script = 'exec kubectl logs "$POD" > kubectl.log';
  const { exitCode, milliseconds, lines } = await startProcess('bash', ['-c', script], { cwd: folder, env })
    .ended;
  if (exitCode !== 0) throw new Error(`kubectl logs failed: ${lines.join('\n')}`);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(join(folder, 'kubectl.log'))) hash.update(chunk as Buffer);
  return { milliseconds, sha256: hash.digest('hex') };
}
