import { HELM } from '../plan/owner-marks.ts';
import { type Gate, pass } from './gate.ts';

/** Helm does not put things back by itself; the next upgrade does. */
export const helmOwnership: Gate = {
  name: 'helm-ownership',
  judge({ involved, request }) {
    const owned = involved.find(({ metadata }) => metadata.labels?.[HELM.label] === 'Helm');
    if (!owned || !request.action.driftsFromSource)
      return pass(
        this.name,
        owned
          ? 'Helm manages the target; this action leaves alone what it keeps'
          : 'Helm does not manage the target',
      );
    const release = owned.metadata.annotations?.[HELM.releaseAnnotation];
    return {
      gate: this.name,
      verdict: 'warn',
      reasonCode: 'gitops-managed',
      message: `Helm manages ${owned.metadata.name}${release === undefined ? '' : ` (release ${release})`}: its next upgrade changes this back`,
      remedy: 'Change the values of the release as well.',
    };
  },
};
