/** From the start of `node dist/index.js` to its first request, against a Node that does nothing. */
import { createServer, type Server } from 'node:https';
import { startProcess } from '../test/e2e/harness/running-process.ts';
import { type Certificate, makeCertificate } from './certificate.ts';
import { kubeconfigOf } from './place.ts';
import { say, sayMilliseconds, summarise, summariseRatios } from './statistics.ts';
import { prepareStep, readPeak, scaleInputs } from './step.ts';
import { heldRow, type Section } from './table.ts';

interface Start {
  readonly milliseconds: number;
  readonly megabytes: number | undefined;
}

export async function measureStart(repetitions: number): Promise<Section> {
  const certificate = await makeCertificate();
  await startAction(certificate);
  await startNothing();
  const ours: Start[] = [];
  const bare: number[] = [];
  for (let count = 0; count < repetitions; count++) {
    ours.push(await startAction(certificate));
    bare.push(await startNothing());
  }
  const times = ours.map(({ milliseconds }) => milliseconds);
  const ratio = summariseRatios(times, bare);
  const memory = ours.flatMap(({ megabytes }) => megabytes ?? []);
  const detail = `${sayMilliseconds(summarise(times))} against ${sayMilliseconds(summarise(bare))}`;
  const said = memory.length === 0 ? '' : `; ${say(summarise(memory), 0)} MB by then`;
  const what = '`node dist/index.js` to its first request, against `node -e 0`';
  return {
    title: 'The start',
    rows: [heldRow({ what, measured: say(ratio), detail: `${detail}${said}` }, ratio.median, 5)],
  };
}

/** The server never answers; the action is killed when its first request has arrived. */
async function startAction({ certificate, key }: Certificate): Promise<Start> {
  const { promise: asked, resolve } = Promise.withResolvers<number>();
  const server = createServer({ cert: certificate, key }, () => resolve(performance.now()));
  const address = { server: await listen(server), certificateAuthority: btoa(certificate) };
  try {
    const kubeconfig = kubeconfigOf(address, 'bench', 'nobody-knows-this-token');
    const start = prepareStep(scaleInputs(kubeconfig, 'bench', 'web', 2));
    const begun = performance.now();
    using step = start();
    const milliseconds = (await asked) - begun;
    const megabytes = readPeak(step.process.pid);
    step.process.signal('SIGKILL');
    await step.process.ended;
    return { milliseconds, megabytes };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return `https://127.0.0.1:${address.port}`;
}

async function startNothing(): Promise<number> {
  const { milliseconds } = await startProcess(process.execPath, ['-e', '0'], { cwd: '/', env: {} }).ended;
  return milliseconds;
}
