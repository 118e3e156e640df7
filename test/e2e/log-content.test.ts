import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { V1Pod } from '@kubernetes/client-node';
import { expect } from 'vitest';
import { ATTACKS } from '../unit/step/command-attacks.ts';
import { create, pathOf, untilObject } from './harness/cluster.ts';
import { expectStep } from './harness/expect-step.ts';
import { testWith } from './harness/test.ts';
import { BUSYBOX } from './harness/workloads.ts';

const test = testWith(['collect-logs']);

const TEN_MEGABYTES = 10_000_000;
const NOISE = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  Buffer.from('\0\0half a character: \xe2\x82\n\xff\xfe\xc0\x80\xed\xa0\x80 \ud83d', 'latin1'),
  Buffer.from('\nGrüße 👩‍🚀 日本\n'),
]);

/** What containers print, by name; it comes to them as base64, so that any byte can. */
const CONTENTS: Readonly<Record<string, Buffer>> = {
  empty: Buffer.alloc(0),
  newlines: Buffer.from('\n\n\n'),
  unfinished: Buffer.from('first\nno newline at the end'),
  windows: Buffer.from('one\r\n\r\ntwo\r\nthree\r'),
  noise: NOISE,
  attacks: Buffer.from(`${ATTACKS.filter((line) => line.length < 1000).join('\n')}\n`),
  pieces: Buffer.from(`${'p'.repeat(16_384)}\n${'q'.repeat(32_768)}\n${'r'.repeat(16_385)}`),
};

function container(name: string, script: string, env: readonly object[] = []) {
  const resources = { requests: { cpu: '1m', memory: '4Mi' } };
  return {
    name,
    image: BUSYBOX,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', script],
    resources,
    env,
  };
}

function printing([name, content]: readonly [string, Buffer]) {
  const env = [{ name: 'CONTENT', value: content.toString('base64') }];
  return container(name, 'printf %s "$CONTENT" | base64 -d', env);
}

/** containerd takes a carriage return before a newline for a part of it. */
function asStored(printed: Buffer): Buffer {
  return Buffer.from(printed.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
}

interface Collected {
  readonly file: string;
  readonly outcome: string;
  readonly bytes: number;
  readonly lines: number;
  readonly sha256: string;
}

function truthOf(name: string, content: Buffer): Collected {
  const text = content.toString('latin1');
  return {
    file: `logs/contents/${name}.log`,
    outcome: 'complete',
    bytes: content.length,
    lines: text.split('\n').length - (text === '' || text.endsWith('\n') ? 1 : 0),
    sha256: createHash('sha256').update(content).digest('hex'),
  };
}

test('whatever a container prints is in the artifact byte for byte, and its size and hash in the report', async ({
  site,
}) => {
  const long = container('long', `head -c ${TEN_MEGABYTES} /dev/zero | tr '\\0' x; echo; echo after`);
  const body = {
    metadata: { name: 'contents' },
    spec: { restartPolicy: 'Never', containers: [...Object.entries(CONTENTS).map(printing), long] },
  };
  await create(pathOf('pods', site.namespace), body);
  await untilObject<V1Pod>(
    pathOf('pods', site.namespace, 'contents'),
    (pod) => pod?.status?.phase === 'Succeeded',
  );
  const step = await site.run({ action: 'collect-logs', target: 'pod/contents' });
  expectStep(step, 'succeeded', 'ok');
  const all = Object.entries({ ...CONTENTS, long: Buffer.from(`${'x'.repeat(TEN_MEGABYTES)}\nafter\n`) }).map(
    ([name, content]) => [name, asStored(content)] as const,
  );
  const folder = dirname(step.outputs['report-file'] ?? '');
  const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as {
    status: { collected: readonly Collected[] };
  };
  expect(report.status.collected).toEqual(all.map(([name, content]) => truthOf(name, content)));
  for (const [name, content] of all)
    expect(readFileSync(join(folder, `logs/contents/${name}.log`)).equals(content), name).toBe(true);
  expect(step.log).toMatchObject({ outputs: {}, state: {}, annotations: [] });
});
