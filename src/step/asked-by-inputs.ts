import type { Asked } from '../spec/asked.ts';
import { NOT_TIGHTENED } from '../spec/asked.ts';
import type { Report } from '../spec/problems.ts';
import { readManifest } from '../spec/read-manifest.ts';
import { splitTarget } from '../spec/read-target.ts';
import { readSpecFile } from '../spec/spec-file.ts';
import { readYamlDocuments, readYamlMap } from '../spec/yaml-documents.ts';
import type { GivenInputs } from './given-inputs.ts';
import type { InputName } from './input-registry.ts';

const SHORT_FORM: readonly InputName[] = [
  'action',
  'target',
  'selector',
  'namespace',
  'parameters',
  'manifest-file',
];

export interface Sources {
  readonly workspace: string;
  /** Whether the action of this name acts on the objects of a manifest in place of a target. */
  readonly takesManifest: (action: string) => boolean;
}

/** What is asked for, by the short form, a spec or a spec file; empty after a report. */
export function askedByInputs(given: GivenInputs, sources: Sources, report: Report): Asked[] {
  const short = SHORT_FORM.filter((name) => given.text(name) !== undefined);
  const spec = given.text('spec');
  const file = given.text('spec-file')?.trim();
  const ways = [short.join(', '), spec && 'spec', file && 'spec-file'].filter(Boolean);
  if (ways.length > 1) {
    report({
      where: `inputs ${ways.join(', ')}`,
      message: 'say what to do in two ways; give action and target, or spec, or spec-file',
    });
  }
  return [
    ...(spec === undefined ? [] : askedBySpec(spec, 'spec', report)),
    ...(file === undefined ? [] : askedByFile(file, sources.workspace, report)),
    ...(short.length > 0 || ways.length === 0 ? askedByShortForm(given, sources, report) : []),
  ];
}

function askedByFile(file: string, workspace: string, report: Report): Asked[] {
  const text = readSpecFile(file, 'spec-file', workspace, report);
  return text === undefined ? [] : askedBySpec(text, `spec-file ${file}`, report);
}

function askedBySpec(text: string, source: string, report: Report): Asked[] {
  let hasProblems = false;
  const documents = readYamlDocuments(text, source, (problem) => {
    hasProblems = true;
    report(problem);
  });
  if (documents.length === 0 && !hasProblems) {
    report({ where: source, message: 'is empty; expected a KubernetesExecution manifest' });
  }
  return documents.flatMap((document) => readManifest(document, report) ?? []);
}

function askedByShortForm(given: GivenInputs, sources: Sources, report: Report): Asked[] {
  const action = given.text('action')?.trim();
  const takesManifest = action !== undefined && sources.takesManifest(action);
  const parameters = withManifestFile(given, { ...sources, isTaken: takesManifest }, report);
  const namespace = given.text('namespace')?.trim();
  if (action === undefined) {
    report({
      where: 'input action',
      message: 'is not given; say what to do with action and target, spec or spec-file',
    });
  }
  const on = askedTarget(given, takesManifest, report);
  if (action === undefined) return [];
  return [
    {
      action: { text: action, where: 'input action' },
      ...on,
      ...(namespace === undefined ? {} : { namespace: { text: namespace, where: 'input namespace' } }),
      parameters: { ...parameters, form: 'plain', common: [] },
      tightening: NOT_TIGHTENED,
      labels: {},
    },
  ];
}

type Parameters = ReturnType<typeof readYamlMap>;

/** The parameters, with the text of `manifest-file` as the one called `manifest`. */
function withManifestFile(
  given: GivenInputs,
  { workspace, isTaken }: Pick<Sources, 'workspace'> & { readonly isTaken: boolean },
  report: Report,
): Parameters {
  const parameters = readYamlMap(given.text('parameters') ?? '', 'input parameters', report);
  const file = given.text('manifest-file')?.trim();
  if (file === undefined) return parameters;
  const where = 'input manifest-file';
  if (!isTaken) report({ where, message: 'is for actions that take a manifest; this one takes none' });
  if ('manifest' in parameters.values) {
    report({ where, message: 'and the parameter manifest are both given; give one of them' });
  }
  const text = readSpecFile(file, 'manifest-file', workspace, report);
  if (!isTaken || text === undefined) return parameters;
  return {
    values: { ...parameters.values, manifest: text },
    locate: (path) => (path[0] === 'manifest' ? `manifest-file ${file}` : parameters.locate(path)),
  };
}

/** Exactly one of `target` and `selector`; a stand-in after a report, so that the rest is checked all the same. */
function askedTarget(
  given: GivenInputs,
  isOptional: boolean,
  report: Report,
): Pick<Asked, 'target' | 'selection'> {
  const target = given.text('target')?.trim();
  const selector = given.text('selector')?.trim();
  if (isOptional && target === undefined && selector === undefined) return {};
  if (target === undefined && selector === undefined) {
    report({ where: 'input target', message: 'is not given; expected an object such as deployment/web' });
  }
  if (target !== undefined && selector !== undefined) {
    report({ where: 'input selector', message: 'and target are both given; give one of them' });
  }
  return {
    target: splitTarget({ text: target ?? 'missing', where: 'input target' }),
    ...(selector === undefined ? {} : { selection: { labels: { text: selector, where: 'input selector' } } }),
  };
}
