/** YAML 1.1 as Go's reader has it, where the library and it do not agree. */
import { isScalar, type ScalarTag, type Tags } from 'yaml';

const INT = 'tag:yaml.org,2002:int';

/** `0644`, `0o644`, `0X1F` and `-0b1`: Go takes capitals and both ways to write an octal. */
const PREFIXED_INT: ScalarTag = {
  tag: INT,
  default: true,
  test: /^[-+]?0(?:b[01_]+|o?[0-7_]+|x[0-9a-f_]+)$/i,
  resolve(text) {
    const plain = text.replaceAll('_', '').replace(/^[-+]/, '');
    const magnitude = Number(plain.replace(/^0(?=[0-7])/, '0o'));
    return text.startsWith('-') ? -magnitude : magnitude;
  },
};

/** Bytes are text to JSON. */
const BINARY: ScalarTag = {
  tag: 'tag:yaml.org,2002:binary',
  resolve(text, onError) {
    const bytes = Buffer.from(text, 'base64');
    if (bytes.toString('base64') !== text.replace(/\s/g, '')) onError('!!binary that is no base64');
    return bytes.toString('utf8');
  },
};

/** Times and sexagesimal numbers are text; so is what only looks like a number: `1234e567`, `e5`, `0x_`, a lone dot. */
export function kubectlTags(tags: Tags): Tags {
  const kept = tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      (!['TIME', 'BIN', 'OCT', 'HEX'].includes(tag.format ?? '') &&
        !/:(timestamp|binary|set|omap|pairs)$/.test(tag.tag)),
  );
  return [BINARY, PREFIXED_INT, ...kept].map((tag) =>
    typeof tag === 'string' || tag.collection !== undefined ? tag : orText(tag),
  );
}

function orText(tag: ScalarTag): ScalarTag {
  return {
    ...tag,
    resolve(text, onError, options) {
      const resolved = tag.resolve(text, onError, options);
      const value: unknown = isScalar(resolved) ? resolved.value : resolved;
      const isNumber =
        typeof value !== 'number' || Number.isFinite(value) || /^[-+]?\.(inf|nan)$/i.test(text);
      return isNumber ? resolved : text;
    },
  };
}
