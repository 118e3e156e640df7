/** All actions there are. Adding one is a file of its own and a line here. */
import type { Action } from './action.ts';
import { restartPod } from './restart-pod.ts';
import { rolloutRestart } from './rollout-restart.ts';
import { scaleDeployment } from './scale-deployment.ts';

export const catalog: readonly Action[] = [scaleDeployment, rolloutRestart, restartPod];
