/** Names of container images, as registries and the kubelet understand them. */

export interface ImageReference {
  /** `docker.io` where the name has none. */
  readonly registry: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** name, tag and digest at their longest; a registry refuses longer ones. */
const MOST_CHARACTERS = 255 + 1 + 128 + 1 + 7 + 128;

const HOST = String.raw`(?:[a-zA-Z0-9]+(?:[.-]+[a-zA-Z0-9]+)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?`;
const PART = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
const REFERENCE = new RegExp(
  String.raw`^(?<name>(?:(?<host>${HOST})/)?${PART}(?:/${PART})*)` +
    String.raw`(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?$`,
);

/** `undefined` for what no registry could serve: spaces, capitals in the name, a digest of another length. */
export function parseImage(text: string): ImageReference | undefined {
  if (text.length > MOST_CHARACTERS) return undefined;
  const { name = '', host, tag, digest } = REFERENCE.exec(text)?.groups ?? {};
  if (name === '' || name.length > 255) return undefined;
  return {
    registry: isHost(host) ? host : 'docker.io',
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** What no image is called, for a message that begins with it. */
export function sayNoImage(text: string): string {
  const [, name = '', rest = ''] =
    /^(.*?)((?::[^/]*)?(?:@.*)?)$/s.exec(text.slice(0, MOST_CHARACTERS + 1)) ?? [];
  return parseImage(`${name.toLowerCase()}${rest}`) === undefined
    ? "is not an image's name; expected registry/name:tag@digest, of which only the name must be there"
    : "is not an image's name: the name before the tag must be in lower case";
}

/** `library/busybox` begins with no host: one has a dot, a port or a capital, or is `localhost`. */
function isHost(first: string | undefined): first is string {
  return first !== undefined && (/[.:A-Z]/.test(first) || first === 'localhost');
}
