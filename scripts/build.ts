/**
 * Bundles the action into `dist/`. The reasons for every choice here are in docs/adr/0001-bundle-with-rolldown.md.
 *
 *     node scripts/build.ts [FOLDER]
 */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join, resolve } from 'node:path';
import { type OutputChunk, type Plugin, rolldown } from 'rolldown';
import { collectLicences } from './collect-licences.ts';

const root = resolve(import.meta.dirname, '..');

/**
 * Packages that the toolkit imports at its top for things this action never does, with what stands in their place.
 * unzip-stream serves downloads of artifacts alone and brings some seventy packages, one of them (buffers 0.1.1) under no
 * licence at all; undici serves proxies for calls through Octokit alone, and costs every start 45 ms.
 */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'unzip-stream': "export default { Extract() { throw new Error('the bundle cannot unpack artifacts'); } };",
  undici: [
    'export const fetch = globalThis.fetch;',
    "export class ProxyAgent { constructor() { throw new Error('the bundle cannot call Octokit through a proxy'); } }",
  ].join('\n'),
};

const leaveOut: Plugin = {
  name: 'leave-out',
  resolveId: (id) => (id in LEFT_OUT ? `\0${id}` : undefined),
  load: (id) => (id.startsWith('\0') ? LEFT_OUT[id.slice(1)] : undefined),
};

/** `kubectl apply` keeps a second copy of the ConfigMap in an annotation, which may be 256 KiB. */
const EXECUTOR_LIMIT_BYTES = 200 * 1024;

/** Empties `folder` and writes the whole of `dist/` there. The bytes depend on the sources and the lock file alone. */
export async function buildInto(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const chunks = await bundleStep(folder);
  await bundleExecutor(folder);
  await writeFile(join(folder, 'package.json'), `${JSON.stringify({ type: 'module' })}\n`);
  await writeFile(join(folder, 'licenses.txt'), await collectLicences(modulesOf(chunks)));
}

/** The step's two entries; what they share, and what is imported only when it is needed, in chunks of its own. */
async function bundleStep(folder: string): Promise<readonly OutputChunk[]> {
  await using bundle = await rolldown({
    cwd: root,
    input: { index: 'src/main.ts', post: 'src/post.ts' },
    platform: 'node',
    tsconfig: false,
    plugins: [leaveOut],
    onLog: refuseWarnings,
  });
  const { output } = await bundle.write({
    dir: folder,
    format: 'esm',
    minify: true,
    sourcemap: false,
    comments: false,
    hashCharacters: 'hex',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk-[hash].js',
  });
  return output.filter((file) => file.type === 'chunk');
}

/**
 * One file, readable, nothing from npm: people meet it as text in a ConfigMap. It names the source file of each part, where
 * the comments are: with them it would be too large to be applied.
 */
async function bundleExecutor(folder: string): Promise<void> {
  await using bundle = await rolldown({
    cwd: root,
    input: { executor: 'src/executor.ts' },
    platform: 'node',
    tsconfig: false,
    onLog: refuseWarnings,
  });
  const { output } = await bundle.write({
    file: join(folder, 'executor.mjs'),
    format: 'esm',
    minify: false,
    sourcemap: false,
    codeSplitting: false,
    comments: { legal: true, annotation: false, jsdoc: false },
  });
  refuseUnfitExecutor(output[0]);
}

function refuseUnfitExecutor(chunk: OutputChunk): void {
  const foreign = [
    ...modulesOf([chunk]).filter((id) => id.includes('node_modules')),
    ...[...chunk.imports, ...chunk.dynamicImports].filter((id) => !isBuiltin(id)),
  ];
  if (foreign.length > 0)
    throw new Error(`dist/executor.mjs must hold nothing from npm, but holds ${foreign.join(', ')}`);
  const bytes = Buffer.byteLength(chunk.code);
  if (bytes > EXECUTOR_LIMIT_BYTES) {
    throw new Error(
      `dist/executor.mjs has ${bytes} bytes, more than the ${EXECUTOR_LIMIT_BYTES} that a client-side apply allows`,
    );
  }
}

/** Files whose code is in the bundle; those that tree-shaking emptied are not. */
function modulesOf(chunks: readonly OutputChunk[]): string[] {
  return chunks.flatMap((chunk) =>
    Object.entries(chunk.modules).flatMap(([id, module]) => (module.renderedLength > 0 ? [id] : [])),
  );
}

function refuseWarnings(level: string, log: { readonly message: string }): void {
  if (level === 'warn') throw new Error(log.message);
}

if (import.meta.main) await buildInto(resolve(process.argv[2] ?? join(root, 'dist')));
