/** What to do about what a cluster said, where that follows from its words. Pure. */
import { EXECUTOR_NAMESPACE, INSTALLATION } from '../plan/names.ts';

const NEEDS = 'an executor asks for 50m CPU and 64Mi memory, limited to 256Mi';
const ALTERED =
  'Something alters the pod on its way, a sidecar injector for one (kubectl get mutatingwebhookconfigurations,mutatingadmissionpolicies)';
const REINSTALL = 'Apply the manifests of this version: kubectl apply -k manifests';
const IMAGE = `image in configmap/${INSTALLATION} of namespace ${EXECUTOR_NAMESPACE}`;
const AGAIN = 'run the action again';

/** The first that fits is told. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /image pull secrets/,
    `Make that Secret in namespace ${EXECUTOR_NAMESPACE}, or take it from the ServiceAccount's imagePullSecrets.`,
  ],
  [/InvalidImageName/, `Correct ${IMAGE}.`],
  [
    /ErrImagePull|ImagePullBackOff|ErrImageNeverPull|RegistryUnavailable/,
    `Correct ${IMAGE}, or give the nodes access to that registry.`,
  ],
  [
    /CreateContainer|RunContainer|StartError|ContainerCannotRun/,
    `The image must start Node, as another user than root: look at ${IMAGE}.`,
  ],
  [
    /exceeded quota/,
    `Raise that quota of namespace ${EXECUTOR_NAMESPACE}, or wait until other executions have ended: ${NEEDS}.`,
  ],
  [/usage per (?:Container|Pod)/, `Change that LimitRange of namespace ${EXECUTOR_NAMESPACE}: ${NEEDS}.`],
  [/violates PodSecurity/, `${ALTERED}; as it is sent, it is within restricted.`],
  [/'kubernetes-executor-pods'/, `${ALTERED}: exempt namespace ${EXECUTOR_NAMESPACE} from that.`],
  [/failed calling webhook/, `Bring that webhook back, or exempt namespace ${EXECUTOR_NAMESPACE} from it.`],
  [/being terminated/, 'Wait until that namespace is gone, and make it anew.'],
  [
    // What our own policies deny is not to be had.
    /^(?!.*'kubernetes-executor-).*denied/s,
    `Exempt namespace ${EXECUTOR_NAMESPACE} from what denied it, or make that accept executions.`,
  ],
  [/serviceaccount "[^"]*" not found|configmap "[^"]*" not found/, `${REINSTALL}.`],
  [/secret "[^"]*" not found/, `Somebody has removed the plan: ${AGAIN}.`],
  [/is not scheduled/, 'Make room for it, or raise schedule-timeout where an autoscaler does so.'],
  [
    /OOMKilled/,
    'An executor needs less than the 256Mi that it is limited to: look for what has lowered that, and at the memory of its node.',
  ],
  [/node .* does not report/, 'Look at that node.'],
  [/PreemptionByScheduler/, `Make room for pods of lower priority, and ${AGAIN}.`],
  [/EvictionByEvictionAPI|DeletionByTaintManager/, `Once the node is done with, ${AGAIN}.`],
  [/Evicted|TerminationByKubelet/, `Make room on that node, or wait until it is back, and ${AGAIN}.`],
  [/DeadlineExceeded/, `Somebody has lowered the deadline that the Job was given: ${AGAIN}.`],
  [/suspended by somebody else/, `Delete that Job, which would stay as it is, and ${AGAIN}.`],
  [/by somebody else/, `The API server's audit log says by whom; then ${AGAIN}.`],
];

/** The empty string where nothing follows from the words. */
export function advise(words: string): string {
  return ADVICE.find(([said]) => said.test(words))?.[1] ?? '';
}
