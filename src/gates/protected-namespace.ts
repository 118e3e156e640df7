import { readsOnly } from '../catalog/action.ts';
import { INSTALLATION } from '../plan/names.ts';
import type { ResourcePath } from '../plan/objects.ts';
import { type Gate, type GateInput, type GateVerdict, pass } from './gate.ts';

const NAME = 'protected-namespace';

export const protectedNamespace: Gate = {
  name: NAME,
  judge({ draft, ...input }) {
    const touched =
      input.request.action.takesManifest === undefined ? [] : draft.requests.map(({ path }) => path);
    return judgeNamespaces(input, touched);
  },
};

/** That of the run, and those of what it touches beside; also where there is no plan. */
export function judgeNamespaces(
  {
    namespace,
    protectedNamespaces,
    request: { action },
  }: Pick<GateInput, 'namespace' | 'protectedNamespaces' | 'request'>,
  touched: readonly ResourcePath[] = [],
): GateVerdict {
  const places = [...new Set([namespace, ...touched.map(namespaceOf)])].filter((one) => one !== '');
  if (places.length === 0) return pass(NAME, 'the target lies in no namespace');
  const closed = places.filter((one) => protectedNamespaces.includes(one));
  if (closed.length === 0) return pass(NAME, `${places.join(', ')} is not protected`);
  const name = closed.join(', ');
  if (readsOnly(action)) return pass(NAME, `${name} is protected, but ${action.name} only reads`);
  return {
    gate: NAME,
    verdict: 'refuse',
    reasonCode: 'protected-namespace',
    message: `namespace ${name} is protected: no action may write there`,
    remedy: `No input switches this off: configmap/${INSTALLATION} lists it. Make the change by hand, with somebody watching.`,
  };
}

/** Of an object of a manifest; also where the namespace itself is what is written. */
function namespaceOf(path: ResourcePath): string {
  if (path.namespace !== undefined) return path.namespace;
  return path.group === '' && path.resource === 'namespaces' ? (path.name ?? '') : '';
}
