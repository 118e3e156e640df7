import type { Selection, TargetKind } from '../catalog/action.ts';
import {
  DNS_LABEL_EXPECTED,
  DNS_SUBDOMAIN_EXPECTED,
  isDnsLabel,
  isDnsSubdomain,
} from '../plan/kubernetes-names.ts';
import { groupVersionOf } from '../plan/objects.ts';
import type { AskedTarget, Said } from './asked.ts';
import type { FoundAction } from './find-action.ts';
import { nearest } from './nearest.ts';
import type { Report } from './problems.ts';
import { quote } from './problems.ts';

const SEVERAL = '. One object per run: use a matrix for several, or a selector where the action takes one';

export interface Target {
  readonly kind: TargetKind;
  /** Empty where there is a selection. */
  readonly name: string;
  readonly selection?: Selection;
}

/** `deployment/web`, `deploy/web`, `deployments.apps/web`, `web`. */
export function splitTarget(said: Said): AskedTarget {
  const slash = said.text.indexOf('/');
  if (slash < 0) return { name: said };
  return {
    kind: { text: said.text.slice(0, slash), where: said.where },
    name: { text: said.text.slice(slash + 1), where: said.where },
  };
}

/** Without a kind the first one is meant. */
export function readTarget(asked: AskedTarget, found: FoundAction, report: Report): Target | undefined {
  const { name } = asked;
  const isNamed = checkName(name, report);
  const kind = readKind(asked, found, report);
  return kind && isNamed ? { kind, name: name.text } : undefined;
}

/** The action's first kind where none is named; `undefined` after a report. */
export function readKind(
  asked: Omit<AskedTarget, 'name'>,
  found: FoundAction,
  report: Report,
): TargetKind | undefined {
  const kind = asked.kind === undefined ? found.kinds[0] : findKind(asked.kind, found, report);
  if (!kind) return undefined;
  if (asked.apiVersion !== undefined && asked.apiVersion.text !== kind.apiVersion) {
    const { text, where } = asked.apiVersion;
    report({
      where,
      message: `${quote(text)} is not the apiVersion of ${kind.kind}; expected ${kind.apiVersion}`,
    });
  }
  return kind;
}

export function checkName({ text, where }: Said, report: Report): boolean {
  const isName = isDnsSubdomain(text);
  if (!isName) {
    const several = /[,\s]/.test(text.trim()) ? SEVERAL : '';
    report({ where, message: `${quote(text)} is not ${DNS_SUBDOMAIN_EXPECTED}${several}` });
  }
  return isName;
}

export function readNamespace(
  said: Said | undefined,
  found: FoundAction | undefined,
  report: Report,
): string | undefined {
  if (said === undefined) return undefined;
  if (!isDnsLabel(said.text)) {
    report({ where: said.where, message: `${quote(said.text)} is not ${DNS_LABEL_EXPECTED}` });
  } else if (found?.action.scope === 'cluster') {
    report({
      where: said.where,
      message: `${found.action.name} acts on objects without a namespace; leave it out`,
    });
  }
  return said.text;
}

function findKind(said: Said, found: FoundAction, report: Report): TargetKind | undefined {
  const kind = found.kinds.find((candidate) => isKindWord(said.text, candidate));
  if (kind) return kind;
  const near = nearest(
    said.text,
    found.kinds.flatMap(({ shortNames }) => shortNames),
  );
  const expected = found.kinds.map(({ kind: word }) => word.toLowerCase()).join(', ');
  report({
    where: said.where,
    message: `${quote(said.text)} is not a kind that ${found.action.name} acts on; expected ${expected}`,
    ...(near === undefined ? {} : { nearest: near }),
  });
  return undefined;
}

/** `Deployment`, `deploy`, `deployments`, `deployments.apps`, `deployments.v1.apps`. */
export function isKindWord(word: string, kind: TargetKind): boolean {
  const [plain = '', ...suffix] = word.toLowerCase().split('.');
  const names = [kind.kind.toLowerCase(), kind.resource, ...kind.shortNames];
  if (!names.includes(plain)) return false;
  const { group, version } = groupVersionOf(kind.apiVersion);
  const given = suffix.join('.');
  return given === '' || given === group || given === [version, group].filter(Boolean).join('.');
}
