/** Imports go one way. Read from the sources' syntax trees, types apart from values. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { parseAst } from 'rolldown/parseAst';
import { describe, expect, it } from 'vitest';

interface Import {
  /** `src/…`, `npm:zod` or `node:fs`. */
  readonly target: string;
  /** Erased when types are stripped: nothing of it is loaded. */
  readonly isType: boolean;
}

interface Source {
  readonly file: string;
  readonly imports: readonly Import[];
  readonly readsEnvironment: boolean;
}

const root = join(import.meta.dirname, '../..');
const sources = new Map(
  globSync('src/**/*.ts', { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .map((file) => [file, readSource(file)]),
);

function readSource(file: string): Source {
  const nodes = allNodes(parseAst(readFileSync(join(root, file), 'utf8'), { lang: 'ts' }));
  const imports = nodes.flatMap((node) => {
    const from = specifierOf(node);
    return from === undefined ? [] : [{ target: resolve(file, from), isType: isTypeOnly(node) }];
  });
  return { file, imports, readsEnvironment: nodes.some(isEnvironment) };
}

type Node = Readonly<Record<string, unknown>>;

function allNodes(value: unknown): readonly Node[] {
  if (Array.isArray(value)) return value.flatMap(allNodes);
  if (!isNode(value)) return [];
  return [value, ...Object.values(value).flatMap(allNodes)];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

/** Of `import … from`, `export … from` and `import()`; `undefined` for every other node. */
function specifierOf({ type, source }: Node): string | undefined {
  const isImport =
    typeof type === 'string' &&
    /^(ImportDeclaration|ExportNamedDeclaration|ExportAllDeclaration|ImportExpression|TSImportType)$/.test(
      type,
    );
  const value = isImport && isNode(source) ? source['value'] : undefined;
  return typeof value === 'string' ? value : undefined;
}

function isTypeOnly({ type, importKind, exportKind, specifiers }: Node): boolean {
  if (importKind === 'type' || exportKind === 'type' || type === 'TSImportType') return true;
  const named = Array.isArray(specifiers) ? specifiers.filter(isNode) : [];
  return (
    named.length > 0 && named.every((one) => one['importKind'] === 'type' || one['exportKind'] === 'type')
  );
}

/** `process.env`, also written `process['env']` or taken apart. */
function isEnvironment(node: Node): boolean {
  const { type, object, property, id, init } = node;
  if (type === 'MemberExpression') {
    const name = isNode(property) ? (property['name'] ?? property['value']) : undefined;
    return isProcess(object) && name === 'env';
  }
  return type === 'VariableDeclarator' && isProcess(init) && JSON.stringify(id).includes('"env"');
}

function isProcess(node: unknown): boolean {
  return isNode(node) && node['type'] === 'Identifier' && node['name'] === 'process';
}

function resolve(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return normalize(join(dirname(file), specifier)).replaceAll('\\', '/');
  return specifier.startsWith('node:') ? specifier : `npm:${specifier}`;
}

function importsOf(file: string): readonly Import[] {
  const source = sources.get(file);
  if (!source) throw new Error(`${file} is no source`);
  return source.imports;
}

/** `src/plan/hash.ts → src/spec/x.ts` for each import of the folder that is none of the allowed. */
function strays(
  folder: string,
  allowed: readonly RegExp[],
  only: (one: Import) => boolean = () => true,
): string[] {
  return [...sources.values()]
    .filter(({ file }) => file.startsWith(folder))
    .flatMap(({ file, imports }) =>
      imports
        .filter(only)
        .filter(({ target }) => !target.startsWith(folder) && !allowed.some((one) => one.test(target)))
        .map(({ target }) => `${file} → ${target}`),
    );
}

/** All that is loaded with an entry, itself included. */
function loadedBy(entry: string): readonly string[] {
  const seen = new Set([entry]);
  for (const file of seen) {
    if (!sources.has(file)) continue;
    for (const { target, isType } of importsOf(file)) if (!isType) seen.add(target);
  }
  return [...seen];
}

describe('the sources', () => {
  it('are all there, and every import of one leads to another', () => {
    expect(sources.size).toBeGreaterThan(100);
    const lost = [...sources.values()].flatMap(({ file, imports }) =>
      imports
        .filter(({ target }) => target.startsWith('src/') && !sources.has(target))
        .map(({ target }) => `${file} → ${target}`),
    );
    expect(lost).toEqual([]);
  });
});

describe('imports', () => {
  it('of the plan go nowhere else', () => {
    expect(strays('src/plan/', [/^node:crypto$/])).toEqual([]);
  });

  it('of the catalogue go to the plan, to zod and to the words that a spec is written in', () => {
    const words = ['src/spec/duration.ts', 'src/spec/nearest.ts'];
    const isWord = new RegExp(`^(${words.join('|')})$`);
    expect(strays('src/catalog/', [/^src\/plan\//, /^npm:zod$/, isWord])).toEqual([]);
    expect(words.flatMap(importsOf)).toEqual([]);
  });

  it('of verification go to the plan', () => {
    expect(strays('src/verify/', [/^src\/plan\//])).toEqual([]);
  });

  it('of the gates go to the plan and to what an action is, beside the types of the request that they judge', () => {
    const action = /^src\/catalog\/action\.ts$/;
    const types = /^src\/spec\/request\.ts$/;
    expect(strays('src/gates/', [/^src\/plan\//, action, types])).toEqual([]);
    expect(strays('src/gates/', [/^src\/plan\//, action], ({ isType }) => !isType)).toEqual([]);
    expect(loadedBy('src/catalog/action.ts')).toEqual(['src/catalog/action.ts']);
  });

  it('of the Kubernetes edge go to the plan, never to what uses it', () => {
    const allowed = [/^src\/plan\//, /^node:/, /^npm:yaml$/];
    expect(strays('src/cluster/', [...allowed, /^src\/spec\/request\.ts$/])).toEqual([]);
    expect(strays('src/cluster/', allowed, ({ isType }) => !isType)).toEqual([]);
  });

  it('of rehearsing go to the cluster, the plan and what an action is', () => {
    const allowed = [/^src\/(plan|cluster)\//, /^src\/catalog\/action\.ts$/, /^node:/];
    expect(strays('src/rehearse/', allowed)).toEqual([]);
  });

  it('of what step and executor agree on about a Job go to the plan, its checks and the question', () => {
    const allowed = [/^src\/plan\//, /^src\/verify\/watched-by\.ts$/, /^src\/rehearse\/question\.ts$/];
    expect(strays('src/job/', allowed)).toEqual([]);
  });

  it('of the executor go to its Job, the cluster, the checks, rehearsing and the plan', () => {
    const allowed = [/^src\/(job|plan|verify|cluster|rehearse)\//, /^node:/];
    const types = [...allowed, /^src\/catalog\/action\.ts$/];
    expect(strays('src/execute/', types)).toEqual([]);
    expect(strays('src/execute/', allowed, ({ isType }) => !isType)).toEqual([]);
  });

  it('of the run never go to GitHub, nor to the executor', () => {
    const inside = /^src\/(plan|verify|cluster|gates|catalog|rehearse|job|spec)\//;
    const allowed = [inside, /^node:/, /^npm:yaml$/];
    expect(strays('src/run/', allowed)).toEqual([]);
  });

  it('of GitHub are in the step alone', () => {
    const elsewhere = [...sources.values()]
      .filter(({ file }) => !file.startsWith('src/step/'))
      .filter(({ imports }) => imports.some(({ target }) => target.startsWith('npm:@actions/')));
    expect(elsewhere.map(({ file }) => file)).toEqual([]);
  });

  it('from npm are those that are declared', () => {
    const declared: { readonly dependencies: object } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    );
    const used = [...sources.values()].flatMap(({ imports }) =>
      imports
        .filter(({ target, isType }) => target.startsWith('npm:') && !isType)
        .map(({ target }) => target.slice('npm:'.length)),
    );
    expect(new Set(used)).toEqual(new Set(Object.keys(declared.dependencies)));
  });
});

describe('the executor', () => {
  const loaded = loadedBy('src/executor.ts');

  it('loads what it needs', () => {
    expect(loaded).toContain('src/execute/run-executor.ts');
    expect(loaded).toContain('src/cluster/transport.ts');
  });

  it('loads nothing from npm', () => {
    expect(loaded.filter((file) => file.startsWith('npm:'))).toEqual([]);
  });

  it('loads nothing of the step, the spec, the gates or the run', () => {
    expect(loaded.filter((file) => /^src\/(step|spec|run|gates)\//.test(file))).toEqual([]);
  });

  it('loads of the catalogue the planning of actions that touch Secrets, and no schema', () => {
    expect(loaded).toContain('src/catalog/plan-secret-update.ts');
    for (const name of ['index', 'update-secret', 'scale-deployment']) {
      expect(loaded).not.toContain(`src/catalog/${name}.ts`);
    }
  });
});

describe('the environment', () => {
  it('is read by the step, the credentials and the entries alone', () => {
    const allowed = /^src\/(step\/|cluster\/credentials\/|(main|post|executor)\.ts$)/;
    const readers = [...sources.values()].filter(({ readsEnvironment }) => readsEnvironment);
    expect(readers.length).toBeGreaterThan(0);
    expect(readers.map(({ file }) => file).filter((file) => !allowed.test(file))).toEqual([]);
  });
});
