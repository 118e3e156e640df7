import { parseImage } from '../catalog/image-reference.ts';
import { isDnsLabel } from '../plan/kubernetes-names.ts';
import { MANIFEST_EXPECTED } from '../plan/manifest.ts';
import type { AskedParameters } from './asked.ts';
import { grantingInput, sayGrantedByInput } from './authority.ts';
import type { FoundAction } from './find-action.ts';
import { leftOutIn, SAY_LEFT_OUT } from './left-out.ts';
import { MOST_SUGGESTIONS, nearestOrFuller } from './nearest.ts';
import type { Locate, Report } from './problems.ts';
import { limitProblems, quote } from './problems.ts';
import { readManifestObjects } from './read-manifest-objects.ts';
import { memberNames, schemaProblems } from './schema-problems.ts';
import { isSameName } from './spelling.ts';

/** The action's parameters, parsed by its schema; `undefined` after a report. `namespace` is that of the run, if known. */
export function readParameters(
  asked: AskedParameters,
  { action }: FoundAction,
  namespace: string | undefined,
  report: Report,
): unknown {
  const spelt = spellNames(asked, memberNames(action.parameters), report);
  const locate: Locate = ([first, ...rest]) =>
    asked.locate(first === undefined ? [] : [spelt.originals.get(String(first)) ?? first, ...rest]);
  const value = Object.fromEntries(spelt.values);
  const given = value['manifest'];
  const why = action.takesManifest === undefined ? undefined : whyNoManifest(given, asked.manifestFile);
  if (why !== undefined) {
    const where = locate(['manifest']);
    if (given === undefined) reportNoManifest(asked.manifestFile, action.name, where, report);
    else report({ where, message: why });
    // So that the others are checked all the same.
    value['manifest'] = [];
  } else if (action.takesManifest !== undefined && typeof given === 'string') {
    const own = action.scope === 'cluster' ? undefined : namespace;
    const manifest = readManifestObjects(given, locate(['manifest']), own, report);
    if (!manifest) return undefined;
    value['manifest'] = manifest;
  }
  const isWhole = !reportLeftOut(value, locate, report) && why === undefined;
  const parsed = action.parameters.safeParse(value);
  if (parsed.success) return isWhole ? parsed.data : undefined;
  for (const problem of schemaProblems(parsed.error, { schema: action.parameters, value, locate })) {
    report(problem);
  }
  return undefined;
}

/** The objects of a manifest have been looked through as they were read. */
function reportLeftOut(value: unknown, locate: Locate, all: Report): boolean {
  const { report, isFull } = limitProblems(all);
  const paths = leftOutIn(value);
  // To locate costs more than all else.
  for (const path of paths) if (!isFull()) report({ where: locate(path), message: SAY_LEFT_OUT });
  return paths.length > 0;
}

/** Objects in place of text would pass by all that is checked while the text is read. */
function sayNoText(given: unknown): string {
  return `${quote(given)} is not ${MANIFEST_EXPECTED}; write it as text, below "manifest: |"`;
}

/** A spec has no input manifest-file beside it, and what stands in a file is no path. */
function whyNoManifest(given: unknown, file: AskedParameters['manifestFile']): string | undefined {
  if (typeof given !== 'string') return sayNoText(given);
  return file === 'absent' && isLikePath(given.trim())
    ? `${quote(given)} looks like a path: give it in the input manifest-file, in place of this parameter`
    : undefined;
}

/** No object is written so, not even as JSON on one line. */
function isLikePath(text: string): boolean {
  return /^[^\s{}"':]+$/.test(text) && /[/\\]|\.(?:ya?ml|json)$/.test(text);
}

function reportNoManifest(
  file: AskedParameters['manifestFile'],
  action: string,
  where: string,
  report: Report,
): void {
  if (file === 'absent') {
    const message = `is not given; ${action} needs it, or the parameter manifest`;
    report({ where: 'input manifest-file', message });
  } else if (file === undefined) {
    report({ where, message: `is missing; expected ${MANIFEST_EXPECTED}` });
  }
}

/** Where no name is near, it may be as `kubectl set image` takes it: a container's name beside its image. */
function nearestParameter(given: string, value: unknown, names: readonly string[]): string | undefined {
  const near = nearestOrFuller(given, names);
  if (near !== undefined || !names.includes('images') || !isDnsLabel(given)) return near;
  return typeof value === 'string' && parseImage(value) ? `images: {${given}: ${value}}` : undefined;
}

interface SpeltParameters {
  readonly values: ReadonlyMap<string, unknown>;
  /** From the schema's spelling to the one given. */
  readonly originals: ReadonlyMap<string, string>;
}

/** Gives each parameter the schema's spelling; what has none is reported and left out. */
function spellNames(asked: AskedParameters, names: readonly string[], all: Report): SpeltParameters {
  const { report, isFull } = limitProblems(all);
  let foreign = 0;
  const values = new Map<string, unknown>();
  const originals = new Map<string, string>();
  for (const [given, value] of Object.entries(asked.values)) {
    const name = names.find((candidate) => isSameName(given, candidate));
    // What is left is given all the same, not missing; to locate it would cost more than all else.
    const where = isFull() ? '' : asked.locate([given]);
    const original = name === undefined ? undefined : originals.get(name);
    if (name === undefined) {
      foreign += 1;
      const known = { names, common: asked.common, isSuggesting: foreign <= MOST_SUGGESTIONS };
      if (!isFull()) reportForeign({ given, value, where }, known, report);
    } else if (original !== undefined) {
      report({ where, message: `${quote(given)} is the same as ${quote(original)}; give one of them` });
    } else {
      values.set(name, value);
      originals.set(name, given);
    }
  }
  return { values, originals };
}

interface Given {
  readonly given: string;
  readonly value: unknown;
  readonly where: string;
}

interface Known {
  readonly names: readonly string[];
  readonly common: readonly string[];
  readonly isSuggesting: boolean;
}

function reportForeign(
  { given, value, where }: Given,
  { names, common, isSuggesting }: Known,
  report: Report,
): void {
  if (common.some((name) => isSameName(given, name))) return;
  if (value === false && ['force', 'dry-run'].some((name) => isSameName(given, name))) return;
  if (isSameName(given, 'dry-run')) {
    report({
      where,
      message: `${quote(value)} is refused here: use the input "mode: plan" for a rehearsal alone`,
    });
    return;
  }
  const input = grantingInput(given);
  if (input !== undefined) {
    report({ where, message: `${quote(value)} is refused: ${sayGrantedByInput(input)}` });
    return;
  }
  if (isSameName(given, 'manifest-url') && names.includes('manifest')) {
    report({
      where,
      message:
        'is refused: what a URL gives nobody has reviewed, and it can change between plan and apply. Fetch it into the repository, review it there, and give it as manifest or with the input manifest-file',
    });
    return;
  }
  if (['namespace', 'target'].some((name) => isSameName(given, name))) {
    report({ where, message: 'is no parameter: it belongs to the target, beside the parameters' });
    return;
  }
  const near = isSuggesting ? nearestParameter(given, value, names) : undefined;
  const expected = names.length === 0 ? 'the action has none' : `expected ${names.join(', ')}`;
  report({
    where,
    message: `${quote(given)} is not a parameter of the action; ${expected}`,
    ...(near === undefined ? {} : { nearest: near }),
  });
}
