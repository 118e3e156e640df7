/** An object for people to read, without what may be secret in it. */
import type { KubernetesObject } from '../plan/objects.ts';
import { redact } from '../plan/sensitive.ts';

/** Without managed fields, which are long and tell people nothing. */
export function redactObject(object: KubernetesObject): unknown {
  const { managedFields: _managed, ...metadata } = { managedFields: undefined, ...object.metadata };
  return redact({ ...object, metadata });
}
