import { readsOnly } from '../catalog/action.ts';
import { EXECUTOR_NAMESPACE, LOCK_NAMESPACE } from '../plan/names.ts';
import { type Gate, pass } from './gate.ts';

/** Where a mistake takes the cluster or this executor with it; admission holds to the same list. */
const PROTECTED = new Set([
  'kube-system',
  'kube-public',
  'kube-node-lease',
  EXECUTOR_NAMESPACE,
  LOCK_NAMESPACE,
]);

export const protectedNamespace: Gate = {
  name: 'protected-namespace',
  judge({ namespace, action }) {
    if (namespace === '') return pass(this.name, 'the target lies in no namespace');
    if (!PROTECTED.has(namespace)) return pass(this.name, `${namespace} is not protected`);
    if (readsOnly(action)) return pass(this.name, `${namespace} is protected, but ${action.name} only reads`);
    return {
      gate: this.name,
      verdict: 'refuse',
      reasonCode: 'protected-namespace',
      message: `namespace ${namespace} is protected: what runs there keeps the cluster or this executor alive`,
      remedy: 'This can not be switched off; make the change by hand, with somebody watching.',
    };
  },
};
