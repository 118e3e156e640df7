import type { Asked } from '../spec/asked.ts';
import { NOT_TIGHTENED } from '../spec/asked.ts';
import type { Report } from '../spec/problems.ts';
import { readManifest } from '../spec/read-manifest.ts';
import { splitTarget } from '../spec/read-target.ts';
import { readSpecFile } from '../spec/spec-file.ts';
import { readYamlDocuments, readYamlMap } from '../spec/yaml-documents.ts';
import type { GivenInputs } from './given-inputs.ts';
import type { InputName } from './input-registry.ts';

const SHORT_FORM: readonly InputName[] = ['action', 'target', 'selector', 'namespace', 'parameters'];

/** What is asked for, by the short form, a spec or a spec file; empty after a report. */
export function askedByInputs(given: GivenInputs, workspace: string, report: Report): Asked[] {
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
    ...(file === undefined ? [] : askedByFile(file, workspace, report)),
    ...(short.length > 0 || ways.length === 0 ? askedByShortForm(given, report) : []),
  ];
}

function askedByFile(file: string, workspace: string, report: Report): Asked[] {
  const text = readSpecFile(file, workspace, report);
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

function askedByShortForm(given: GivenInputs, report: Report): Asked[] {
  const parameters = readYamlMap(given.text('parameters') ?? '', 'input parameters', report);
  const action = given.text('action')?.trim();
  const namespace = given.text('namespace')?.trim();
  if (action === undefined) {
    report({
      where: 'input action',
      message: 'is not given; say what to do with action and target, spec or spec-file',
    });
  }
  const on = askedTarget(given, report);
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

/** Exactly one of `target` and `selector`; a stand-in after a report, so that the rest is checked all the same. */
function askedTarget(given: GivenInputs, report: Report): Pick<Asked, 'target' | 'selection'> {
  const target = given.text('target')?.trim();
  const selector = given.text('selector')?.trim();
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
