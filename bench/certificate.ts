/** A certificate for 127.0.0.1, unless told, that is its own authority. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCommand } from '../scripts/run-command.ts';

export interface Certificate {
  /** Both PEM. */
  readonly certificate: string;
  readonly key: string;
}

/** Needs the program openssl: Node makes keys, but no certificates. `names` as openssl writes them. */
export async function makeCertificate(names = 'IP:127.0.0.1'): Promise<Certificate> {
  const folder = mkdtempSync(join(tmpdir(), 'kubernetes-executor-bench-'));
  const [certificate, key] = [join(folder, 'certificate'), join(folder, 'key')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', '/CN=bench', '-addext', `subjectAltName=${names}`, '-days', '2'];
  try {
    await readCommand('openssl', ['req', '-x509', ...kind, ...subject, '-keyout', key, '-out', certificate]);
    return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
