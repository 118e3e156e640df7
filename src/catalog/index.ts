/** All actions there are. Adding one is a file of its own and a line here. */
import type { Action } from './action.ts';
import { applyClusterManifest } from './apply-cluster-manifest.ts';
import { applyManifest } from './apply-manifest.ts';
import { collectDiagnostics } from './collect-diagnostics.ts';
import { collectLogs } from './collect-logs.ts';
import { cordonNode } from './cordon-node.ts';
import { deleteManifest } from './delete-manifest.ts';
import { drainNode } from './drain-node.ts';
import { labelResource } from './label-resource.ts';
import { restartPod } from './restart-pod.ts';
import { rollbackDeployment } from './rollback-deployment.ts';
import { rolloutRestart } from './rollout-restart.ts';
import { scaleDeployment } from './scale-deployment.ts';
import { uncordonNode } from './uncordon-node.ts';
import { updateConfigMap } from './update-configmap.ts';
import { updateImage } from './update-image.ts';
import { updateSecret } from './update-secret.ts';

export const catalog: readonly Action[] = [
  scaleDeployment,
  rolloutRestart,
  restartPod,
  updateImage,
  rollbackDeployment,
  updateConfigMap,
  updateSecret,
  labelResource,
  applyManifest,
  deleteManifest,
  applyClusterManifest,
  collectLogs,
  collectDiagnostics,
  cordonNode,
  uncordonNode,
  drainNode,
];
