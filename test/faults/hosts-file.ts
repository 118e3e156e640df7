/** A hosts file that one process sees in place of the machine's, so that a name can stop being resolved for it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of the API server in the step's kubeconfig. */
export const SERVER_NAME = 'api.faults.test';

export interface HostsFile extends Disposable {
  /** Runs the command that follows it where this file is the machine's hosts file, and no name server answers. */
  readonly launcher: readonly string[];
  /** From now on the API server's name can't be resolved. */
  forget(): void;
}

/** In bash: other shells drop variables whose names are not theirs, such as those of inputs. */
const MOUNT =
  'mount --bind "$0/hosts" /etc/hosts && mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@"';

export function openHostsFile(): HostsFile {
  const folder = mkdtempSync(join(tmpdir(), 'kubernetes-executor-faults-'));
  const local = '127.0.0.1 localhost\n';
  const write = (text: string) => writeFileSync(join(folder, 'hosts'), text);
  write(`${local}127.0.0.1 ${SERVER_NAME}\n`);
  writeFileSync(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n');
  return {
    launcher: ['unshare', '--mount', '--propagation', 'private', 'bash', '-c', MOUNT, folder],
    forget: () => write(local),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
