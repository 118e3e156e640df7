/** Trouble of the cluster itself, in its own words. */
const PASSING = new RegExp(
  [
    // of a webhook or the API server, as admission says it
    'failed calling webhook|internal error|too many requests',
    'not yet ready to handle request|status unknown for quota',
    // of etcd or containerd, as their clients say it
    'code = (?:unavailable|deadlineexceeded|canceled)|etcdserver: ',
    // of the way there
    'timed? ?out|deadline exceeded|connection refused|connection reset|error reading from server|unexpected EOF',
  ].join('|'),
  'i',
);

/**
 * Whether the message tells of a part of the cluster that is away or behind, and not of what was asked for: whoever has met
 * it, a controller or the kubelet, tries again by itself.
 */
export function isPassing(message: string): boolean {
  return PASSING.test(message);
}
