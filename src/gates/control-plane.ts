import { isControlPlane } from '../plan/nodes.ts';
import { type Gate, pass } from './gate.ts';

/** By label and taint, never by name. */
export const controlPlane: Gate = {
  name: 'control-plane',
  judge({ draft, involved }) {
    const node =
      draft.target.kind === 'Node' && involved.find(({ metadata }) => metadata.uid === draft.target.uid);
    if (!node) return pass(this.name, 'the target is no node');
    if (!isControlPlane(node)) return pass(this.name, 'the node is not of the control plane');
    return {
      gate: this.name,
      verdict: 'refuse',
      reasonCode: 'node-protected',
      message: `node/${node.metadata.name} is of the control plane (label or taint node-role.kubernetes.io/control-plane)`,
      remedy: 'This can not be switched off; maintain control-plane nodes by hand, one at a time.',
    };
  },
};
