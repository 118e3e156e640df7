import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { uploadArtifact } from '../../src/step/artifact.ts';
import { type ArtifactService, type Fault, startArtifactService } from '../e2e/artifact-service.ts';

/** Than the minute that an upload has otherwise. */
const SOONER_MS = 50_000;

let folder: string;
let service: ArtifactService | undefined;

async function serve(fault?: Fault): Promise<ArtifactService> {
  service = await startArtifactService(fault);
  for (const [name, value] of Object.entries(service.env)) vi.stubEnv(name, value);
  return service;
}

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'artifact-'));
  vi.stubEnv('GITHUB_SERVER_URL', 'https://github.com');
  vi.stubEnv('GITHUB_REPOSITORY', 'acme/ops');
  vi.stubEnv('GITHUB_RUN_ID', '4711');
  vi.stubEnv('ACTIONS_RUNTIME_TOKEN', '');
  vi.stubEnv('ACTIONS_RESULTS_URL', '');
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

afterEach(async () => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllEnvs();
  await service?.stop();
  service = undefined;
  rmSync(folder, { recursive: true });
});

describe('an upload by @actions/artifact', () => {
  it('arrives whole, under its name, and with the digest of what was stored', async () => {
    const { artifacts, unzip } = await serve();
    const large = randomBytes(20 * 1024 * 1024);
    const files = [file('execution.log', 'first\nlast\n'), file('noise.bin', large)];
    const result = await uploadArtifact({ name: 'run-1', folder, files, retentionDays: 3 });
    const [stored] = artifacts();
    expect(result).toEqual({
      id: stored?.id,
      name: 'run-1',
      url: `https://github.com/acme/ops/actions/runs/4711/artifacts/${stored?.id}`,
      digest: createHash('sha256')
        .update(stored?.bytes ?? '')
        .digest('hex'),
      bytes: stored?.bytes.length,
    });
    const content = unzip('run-1');
    expect([...content.keys()].toSorted()).toEqual(['execution.log', 'noise.bin']);
    expect(content.get('execution.log')?.toString()).toBe('first\nlast\n');
    expect(content.get('noise.bin')?.equals(large)).toBe(true);
    expect(Date.parse(stored?.expiresAt ?? '')).toBeGreaterThan(Date.now() + 2 * 86_400_000);
  });

  it('under a name that is taken ends with what the service said', async () => {
    const { artifacts } = await serve();
    const request = { name: 'twice', folder, files: [file('a.txt', 'a')] };
    await uploadArtifact(request);
    const second = await uploadArtifact(request);
    expect(second).toEqual({ skipped: expect.stringContaining('already exists') });
    expect(artifacts()).toHaveLength(1);
  });

  it('leaves out what is not there and says which', async () => {
    const { unzip } = await serve();
    const files = [file('a.txt', 'a'), join(folder, 'gone.txt')];
    const result = await uploadArtifact({ name: 'partly', folder, files });
    expect([...unzip('partly').keys()]).toEqual(['a.txt']);
    expect(result).toMatchObject({ incomplete: expect.stringContaining('gone.txt') });
  });

  it('gives up after its own time limit', async () => {
    const stalled = Promise.withResolvers<void>();
    const { artifacts } = await serve((stage) => {
      if (stage !== 'block') return undefined;
      stalled.resolve();
      return 'stall';
    });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const result = uploadArtifact({ name: 'slow', folder, files: [file('a.txt', 'a')] });
    await stalled.promise;
    await vi.advanceTimersByTimeAsync(61_000);
    expect(await result).toEqual({ skipped: expect.stringContaining('within 60 s') });
    expect(artifacts()).toEqual([]);
  });

  it('has only a few seconds left once the step is cancelled', async () => {
    await serve((stage) => (stage === 'FinalizeArtifact' ? 'stall' : undefined));
    const began = Date.now();
    const files = [file('a.txt', 'a')];
    const result = await uploadArtifact({ name: 'slow', folder, files, cancelled: AbortSignal.timeout(100) });
    expect(result).toEqual({ skipped: expect.stringContaining('within 4 s') });
    expect(Date.now() - began).toBeLessThan(SOONER_MS);
  });

  it('names the status of a storage that refuses', async () => {
    await serve((stage) => (stage === 'blocklist' ? 409 : undefined));
    const result = await uploadArtifact({ name: 'refused', folder, files: [file('a.txt', 'a')] });
    expect(result).toEqual({ skipped: expect.stringMatching(/could not be uploaded: .+HTTP 409/) });
  });

  it('with a token of another service is refused', async () => {
    const { artifacts } = await serve();
    const other = await startArtifactService();
    vi.stubEnv('ACTIONS_RUNTIME_TOKEN', other.token);
    await other.stop();
    const result = await uploadArtifact({ name: 'foreign', folder, files: [file('a.txt', 'a')] });
    expect(result).toEqual({ skipped: expect.stringContaining('401') });
    expect(artifacts()).toEqual([]);
  });
});

describe('without a service', () => {
  it('a sentence says so', async () => {
    const request = { name: 'x', folder, files: [file('a.txt', 'a')] };
    expect(await uploadArtifact(request)).toEqual({
      skipped: expect.stringContaining('ACTIONS_RUNTIME_TOKEN and ACTIONS_RESULTS_URL not set'),
    });
    vi.stubEnv('GITHUB_SERVER_URL', 'https://git.example.com');
    expect(await uploadArtifact(request)).toEqual({
      skipped: expect.stringContaining('git.example.com is a GitHub Enterprise Server'),
    });
  });
});
