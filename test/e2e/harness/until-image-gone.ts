/** The kubelet asks its containerd by CRI, which hears through an event alone of what `ctr` has done, and so trails it. */
import { globSync } from 'node:fs';
import { connect } from 'node:http2';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { askUntil } from './ask-until.ts';
import { clusterUnderTest } from './under-test.ts';

/** Resolves when no kubelet of our own cluster finds the image under this name any more. */
export async function untilImageGone(name: string): Promise<void> {
  const sockets = globSync(join(clusterUnderTest().run, 'node-*-files', 'containerd.sock'));
  await Promise.all(
    sockets.map((socket) =>
      askUntil(async () => ((await knows(socket, name)) ? `${socket} still knows ${name}` : undefined)),
    ),
  );
}

/** By the call that the kubelet makes before it starts a container; its answer is empty where there is no such image. */
async function knows(socket: string, name: string): Promise<boolean> {
  const session = connect('http://localhost', { createConnection: () => createConnection(socket) });
  const call = session.request({
    ':method': 'POST',
    ':path': '/runtime.v1.ImageService/ImageStatus',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const answered = new Promise<boolean>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let status: unknown;
    session.on('error', reject);
    call.on('error', reject);
    call.on('data', (chunk: Buffer) => chunks.push(chunk));
    call.on('trailers', (trailers) => {
      status = trailers['grpc-status'];
    });
    call.on('end', () => {
      if (status === '0') resolve(Buffer.concat(chunks).length > FRAME_BYTES);
      else reject(new Error(`ImageStatus of ${name} at ${socket}: grpc-status ${String(status)}`));
    });
  });
  call.end(framed(field(field(Buffer.from(name)))));
  return await answered.finally(() => session.destroy());
}

/** A flag and a length stand before each message of gRPC. */
const FRAME_BYTES = 5;

function framed(message: Buffer): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** The first field of a message, of less than 128 bytes: both the request and the image in it have one alone. */
function field(value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x0a, value.length]), value]);
}
