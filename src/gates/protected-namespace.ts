import { readsOnly } from '../catalog/action.ts';
import { INSTALLATION } from '../plan/names.ts';
import type { PlannedRequest } from '../plan/plan.ts';
import { type Gate, pass } from './gate.ts';

export const protectedNamespace: Gate = {
  name: 'protected-namespace',
  judge({ namespace, protectedNamespaces, action, draft }) {
    const touched =
      action.takesManifest === undefined ? [namespace] : [namespace, ...draft.requests.map(namespaceOf)];
    const places = [...new Set(touched)].filter((one) => one !== '');
    if (places.length === 0) return pass(this.name, 'the target lies in no namespace');
    const closed = places.filter((one) => protectedNamespaces.includes(one));
    if (closed.length === 0) return pass(this.name, `${places.join(', ')} is not protected`);
    const name = closed.join(', ');
    if (readsOnly(action)) return pass(this.name, `${name} is protected, but ${action.name} only reads`);
    return {
      gate: this.name,
      verdict: 'refuse',
      reasonCode: 'protected-namespace',
      message: `namespace ${name} is protected: no action may write there`,
      remedy: `No input switches this off: configmap/${INSTALLATION} lists it. Make the change by hand, with somebody watching.`,
    };
  },
};

/** Of an object of a manifest; also where the namespace itself is what is written. */
function namespaceOf({ path }: PlannedRequest): string {
  if (path.namespace !== undefined) return path.namespace;
  return path.group === '' && path.resource === 'namespaces' ? (path.name ?? '') : '';
}
