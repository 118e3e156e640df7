/** What the API server accepts as names; rules of `apimachinery/pkg/util/validation`. */

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const LABEL_1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

export const DNS_LABEL_EXPECTED =
  'a DNS label: at most 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit';
export const DNS_SUBDOMAIN_EXPECTED =
  'a Kubernetes name: at most 253 of a-z, 0-9, "-" and ".", beginning and ending with a letter or digit';

const DATA_KEY = 'at most 253 of A-Z, a-z, 0-9, "-", "_" and "."';
export const DATA_KEY_EXPECTED = `a key: ${DATA_KEY}`;
export const NO_DATA_KEY = `is no key: expected ${DATA_KEY}`;

export function isDnsLabel(text: string): boolean {
  return text.length <= 63 && LABEL.test(text);
}

/** As a DNS label, but it begins with a letter: what resources and versions are called. */
export function isDns1035Label(text: string): boolean {
  return text.length <= 63 && LABEL_1035.test(text);
}

export function isDnsSubdomain(text: string): boolean {
  return text.length <= 253 && text.split('.').every((part) => LABEL.test(part));
}

/** A definition may call its kind as it likes, also with a small letter first. */
export function isKind(text: string): boolean {
  return /^[A-Za-z]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$/.test(text);
}

/** `apps/v1`, or `v1` of the core group, whose versions all begin with a v. */
export function isApiVersion(text: string): boolean {
  const [group = '', version, ...more] = text.split('/');
  if (version === undefined) return group.startsWith('v') && isDns1035Label(group);
  return more.length === 0 && isDnsSubdomain(group) && isDns1035Label(version);
}

/** `app` or `example.com/app`. */
export function isLabelKey(text: string): boolean {
  const parts = text.split('/');
  const [name = '', prefix] = parts.toReversed();
  return parts.length <= 2 && isQualified(name) && (prefix === undefined || isDnsSubdomain(prefix));
}

export function isLabelValue(text: string): boolean {
  return text === '' || isQualified(text);
}

function isQualified(text: string): boolean {
  return text.length <= 63 && QUALIFIED.test(text);
}

/** A key in the data of a Secret or ConfigMap, which becomes the name of a file. */
export function isDataKey(text: string): boolean {
  return /^[-._a-zA-Z0-9]{1,253}$/.test(text) && text !== '.' && !text.startsWith('..');
}
