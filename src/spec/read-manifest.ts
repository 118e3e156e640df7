import type { z } from 'zod';
import { isRecord } from '../plan/json.ts';
import type { Asked } from './asked.ts';
import { reportLostKeys } from './lost-keys.ts';
import { askedByObject, askedByUnion, askedByV1, isOfTarget } from './manifest-meaning.ts';
import { V1, v1Manifest } from './manifest-v1.ts';
import { KIND, objectManifest, unionManifest, V1ALPHA1 } from './manifest-v1alpha1.ts';
import { nearest } from './nearest.ts';
import type { Locate, Path, Report } from './problems.ts';
import { MOST_PROBLEMS, quote } from './problems.ts';
import { schemaProblems, toPath } from './schema-problems.ts';
import type { YamlDocument } from './yaml-documents.ts';

/** What one manifest asks for, after its shape was checked; `undefined` where too little of it is right to say. */
export function readManifest(document: YamlDocument, report: Report): Asked | undefined {
  const { locate } = document;
  reportLostKeys(document.value, locate, report);
  const value = withoutNulls(document.value);
  if (!isRecord(value)) {
    report({ where: locate([]), message: `${quote(value)} is not a ${KIND} manifest` });
    return undefined;
  }
  switch (value['apiVersion']) {
    case V1: {
      const parsed = parseManifest(v1Manifest, value, locate, report);
      return parsed && askedBy(parsed, askedByV1, locate);
    }
    case V1ALPHA1:
      return readV1alpha1(value, locate, report);
    default:
      report(unknownVersion(value['apiVersion'], locate));
      return undefined;
  }
}

function readV1alpha1(
  value: Readonly<Record<string, unknown>>,
  locate: Locate,
  report: Report,
): Asked | undefined {
  const spec = value['spec'];
  if (isRecord(spec) && isRecord(spec['action'])) {
    const parsed = parseManifest(objectManifest, value, locate, report);
    return parsed && askedBy(parsed, askedByObject, locate);
  }
  const parsed = parseManifest(unionManifest, value, locate, report);
  return parsed && askedBy(parsed, askedByUnion, locate);
}

/** Of a target that was left out since it is wrong nobody says that it is not there. */
function askedBy<Manifest>(
  { manifest, leftOut }: Parsed<Manifest>,
  meaning: (manifest: Manifest, locate: Locate) => Asked,
  locate: Locate,
): Asked {
  const asked = meaning(manifest, locate);
  if (!asked.unnamed || !leftOut.some(isOfTarget)) return asked;
  const { problem: _told, ...unnamed } = asked.unnamed;
  return { ...asked, unnamed };
}

function unknownVersion(version: unknown, locate: Locate): Parameters<Report>[0] {
  const near = typeof version === 'string' ? nearest(version, [V1ALPHA1, V1]) : undefined;
  return {
    where: locate(['apiVersion']),
    message:
      version === undefined
        ? `apiVersion is missing; expected ${V1ALPHA1} or ${V1}`
        : `${quote(version)} is not ${V1ALPHA1} or ${V1}`,
    ...(near === undefined ? {} : { nearest: near }),
  };
}

interface Parsed<Manifest> {
  readonly manifest: Manifest;
  /** Where something was wrong. */
  readonly leftOut: readonly Path[];
}

/**
 * Reports what the schema has against the manifest. Whatever is wrong is then left out and the rest read on,
 * so that the problems of action, target and parameters come with those of the shape.
 */
function parseManifest<Manifest>(
  schema: z.ZodType<Manifest>,
  value: unknown,
  locate: Locate,
  report: Report,
): Parsed<Manifest> | undefined {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { manifest: parsed.data, leftOut: [] };
  for (const problem of schemaProblems(parsed.error, { schema, value, locate })) report(problem);
  const wrong = parsed.error.issues.flatMap((issue): Path[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => [...toPath(issue.path), key])
      : [toPath(issue.path)],
  );
  // Each is left out by a copy of the rest, and there is nothing more that would be told.
  if (wrong.length > MOST_PROBLEMS) return undefined;
  const rest = schema.safeParse(wrong.reduce(without, value));
  return rest.success ? { manifest: rest.data, leftOut: wrong } : undefined;
}

function without(value: unknown, [step, ...rest]: Path): unknown {
  if (step === undefined) return undefined;
  if (Array.isArray(value)) {
    return value.flatMap((member: unknown, index) => {
      if (index !== step) return [member];
      return rest.length === 0 ? [] : [without(member, rest)];
    });
  }
  if (!isRecord(value) || !Object.hasOwn(value, step)) return value;
  const { [step]: inner, ...others } = value;
  return rest.length === 0 ? others : { ...others, [step]: without(inner, rest) };
}

/** Kubernetes takes `field:` with nothing behind it as not given. Parameters keep theirs: there it may mean "remove". */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([key, member]) => [key, key === 'parameters' ? member : withoutNulls(member)]),
  );
}
