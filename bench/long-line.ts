/** A line to a server on which every byte is late: what a cluster on the other side of a country feels like. */
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface LongLine extends AsyncDisposable {
  /** Where to connect instead of to the server; what is said there is passed on untouched. */
  readonly url: string;
}

export async function openLongLine(serverUrl: string, roundTripMs: number): Promise<LongLine> {
  const { hostname, port } = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port || 443), hostname.replace(/^\[|\]$/g, ''));
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => undefined);
    }
    // To connect takes a round trip; here the first bytes wait for it.
    const connectedAt = performance.now() + roundTripMs;
    passOn(near, far, () => Math.max(connectedAt - performance.now(), 0) + roundTripMs / 2);
    passOn(far, near, () => roundTripMs / 2);
  });
  return {
    url: await listen(server),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Timers of one length fire in order; those before the connection stands end together with it, in order too. */
function passOn(from: Socket, to: Socket, delayMs: () => number): void {
  let last = Promise.resolve();
  const later = (act: () => void): void => {
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, delayMs());
    last = Promise.all([last, promise]).then(act);
  };
  from.on('data', (chunk) => later(() => to.write(chunk)));
  from.on('close', () => later(() => to.destroy()));
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the line has no port');
  return `https://127.0.0.1:${address.port}`;
}
