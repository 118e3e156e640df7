/** Trouble of the cluster itself, in its own words. */
const PASSING = new RegExp(
  [
    // of a webhook or the API server, as admission says it
    'failed calling webhook|internal error|too many requests',
    'not yet ready to handle request|status unknown for quota',
    // of etcd or containerd, as their clients say it
    'code = (?:unavailable|deadlineexceeded|canceled)|etcdserver: ',
    // of the way there
    'timed? ?out|deadline exceeded|connection refused|connection reset|error reading from server|: EOF|unexpected EOF',
    'client connection lost|no route to host',
    // of a quota that others count at the same time, or a namespace whose account is still to be made
    'object has been modified|serviceaccount "default" not found',
    // of a kubelet that has just started or has been told to slow down, and of a container that is being made already
    'have not yet been read|not registered|is reserved for',
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
