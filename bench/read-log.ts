/**
 * A program of its own, so that its memory can be told from the benchmark's: reads the log of a pod into a file, as the
 * step does, and prints a line of JSON, a `LogReading`.
 *
 *     node read-log.mjs KUBECONFIG NAMESPACE POD CONTAINER FILE LINES
 */
import { readFile } from 'node:fs/promises';
import type { V1Pod } from '@kubernetes/client-node';
import { openAccess } from '../src/cluster/credentials/open-access.ts';
import { followLog } from '../src/cluster/pod-log.ts';
import { openApiServer } from '../src/cluster/transport.ts';
import { getObject } from '../src/cluster/typed.ts';
import { openArtifactFile } from '../src/run/artifact-file.ts';
import { writeLine } from '../src/run/log-writing.ts';

export interface LogReading {
  /** From the first request to the closed file. */
  readonly milliseconds: number;
  readonly complete: boolean;
  readonly lines: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly gaps: readonly { readonly reason: string }[];
  /** Most memory it ever had, in MB, until a quarter of LINES was read, and until the end. */
  readonly megabytesAtQuarter: number;
  readonly megabytes: number;
}

/** As many as a step usually has to hide: a few tokens, each in several forms. None is in the log. */
const SECRETS = Array.from({ length: 12 }, (_, index) =>
  `${index}`.padStart(40 + 60 * (index % 4), 'secret'),
);

const [kubeconfigFile = '', namespace = '', pod = '', container = '', file = '', expected = ''] =
  process.argv.slice(2);
const kubeconfig = await readFile(kubeconfigFile, 'utf8');
const api = openApiServer(await openAccess({ kind: 'kubeconfig', kubeconfig }, {}));
const begun = performance.now();
const path = { group: '', version: 'v1', resource: 'pods', namespace, name: pod };
const ended = async (): Promise<boolean> => {
  const found = (await getObject(api, path)) as V1Pod | null;
  return found?.status?.containerStatuses?.every(({ state }) => state?.terminated !== undefined) ?? true;
};
const sink = await openArtifactFile(file, { secrets: () => [...SECRETS] });
const { signal } = new AbortController();
let unread = Number(expected) / 4;
let megabytesAtQuarter = 0;
const followed = await followLog(api, { namespace, pod, container, signal, ended }, (line) => {
  unread -= 1;
  if (unread === 0) megabytesAtQuarter = readPeak();
  return writeLine(sink, line.bytes, line.hasNewline);
});
const { sha256 } = await sink.close();
const milliseconds = performance.now() - begun;
const { complete, lines, bytes, gaps } = followed;
const reading: LogReading = {
  milliseconds,
  complete,
  lines,
  bytes,
  sha256,
  gaps,
  megabytesAtQuarter,
  megabytes: readPeak(),
};
console.log(JSON.stringify(reading));
api.close();

function readPeak(): number {
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}
