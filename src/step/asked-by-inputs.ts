import type { Asked, AskedParameters } from '../spec/asked.ts';
import { NOT_TIGHTENED } from '../spec/asked.ts';
import { reportLostKeys } from '../spec/lost-keys.ts';
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

const SAME_AS_RUN = 'mode: rollback needs the same action, target and namespace as the run';

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
  const isShortForm = given.text('action') !== undefined || (spec ?? file) === undefined;
  reportWays(isShortForm, { short, spec, file }, report);
  // That an action beside a spec has no target follows from what was just reported.
  const isWhole = isShortForm && (short.join() !== 'action' || (spec ?? file) === undefined);
  return [
    ...(spec === undefined ? [] : askedBySpec(spec, 'spec', report)),
    ...(file === undefined ? [] : askedByFile(file, sources.workspace, report)),
    ...(isWhole ? askedByShortForm(given, sources, report) : []),
  ];
}

const IN_SPEC: Readonly<Partial<Record<InputName, string>>> = {
  target: 'spec.action.target',
  selector: 'spec.action.target.selector',
  namespace: 'spec.action.target.namespace',
  parameters: 'spec.action.parameters',
  'manifest-file': 'spec.action.parameters.manifest',
};

interface Ways {
  readonly short: readonly InputName[];
  readonly spec: string | undefined;
  readonly file: string | undefined;
}

/** Without an action, what stands beside a spec is meant to add to it. */
function reportWays(isShortForm: boolean, { short, spec, file }: Ways, report: Report): void {
  const specs = [spec && 'spec', file && 'spec-file'].filter(Boolean);
  const ways = [isShortForm && short.join(', '), ...specs].filter(Boolean);
  if (ways.length > 1) {
    report({
      where: `inputs ${ways.join(', ')}`,
      message: 'say what to do in two ways; give action and target, or spec, or spec-file',
    });
  }
  for (const name of isShortForm ? [] : short) {
    const place = IN_SPEC[name] ?? 'spec';
    report({
      where: `input ${name}`,
      message: `does not go with ${specs.join(' and ')}: it belongs into the spec, as ${place}; leave it out here`,
    });
  }
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
  const isRollback = given.orDefault('mode') === 'rollback';
  if (action === undefined) {
    report({
      where: 'input action',
      message: `is not given; ${isRollback ? SAME_AS_RUN : 'say what to do with action and target, spec or spec-file'}`,
    });
  }
  const isTold = isRollback && action === undefined;
  const on = askedTarget(given, { isOptional: takesManifest || isTold, isRollback }, report);
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

type Parameters = ReturnType<typeof readYamlMap> & Pick<AskedParameters, 'manifestFile'>;

/** The parameters, with the text of `manifest-file` as the one called `manifest`. */
function withManifestFile(
  given: GivenInputs,
  { workspace, isTaken }: Pick<Sources, 'workspace'> & { readonly isTaken: boolean },
  report: Report,
): Parameters {
  let isReadable = true;
  const parameters = readYamlMap(given.text('parameters') ?? '', 'input parameters', (problem) => {
    isReadable = false;
    report(problem);
  });
  reportLostKeys(parameters.values, parameters.locate, report);
  const file = given.text('manifest-file')?.trim();
  if (file === undefined) return { ...parameters, manifestFile: isReadable ? 'absent' : 'unreadable' };
  const where = 'input manifest-file';
  if (!isTaken) report({ where, message: 'is for actions that take a manifest; this one takes none' });
  if ('manifest' in parameters.values) {
    report({ where, message: 'and the parameter manifest are both given; give one of them' });
  }
  const text = readSpecFile(file, 'manifest-file', workspace, report);
  if (text === undefined) return { ...parameters, manifestFile: 'unreadable' };
  if (!isTaken) return parameters;
  return {
    values: { ...parameters.values, manifest: text },
    locate: (path) => (path[0] === 'manifest' ? `manifest-file ${file}` : parameters.locate(path)),
  };
}

/** Exactly one of `target` and `selector`; a stand-in after a report, so that the rest is checked all the same. */
function askedTarget(
  given: GivenInputs,
  { isOptional, isRollback }: { readonly isOptional: boolean; readonly isRollback: boolean },
  report: Report,
): Pick<Asked, 'target' | 'selection'> {
  const target = given.text('target')?.trim();
  const selector = given.text('selector')?.trim();
  const isGiven = (target ?? selector) !== undefined;
  if (isOptional && !isGiven) return {};
  if (!isGiven) {
    const expected = isRollback ? SAME_AS_RUN : 'expected an object such as deployment/web';
    report({ where: 'input target', message: `is not given; ${expected}` });
  }
  if (target !== undefined && selector !== undefined) {
    report({ where: 'input selector', message: 'and target are both given; give one of them' });
  }
  return {
    target: splitTarget({ text: target ?? 'missing', where: 'input target' }),
    ...(selector === undefined ? {} : { selection: { labels: { text: selector, where: 'input selector' } } }),
  };
}
