/** npm run cluster:down */
import { endCluster } from './test-cluster.ts';
import { foreignKubeconfig } from './toolbox.ts';

if (foreignKubeconfig === undefined) await endCluster();
else console.log('KUBECONFIG_E2E names a cluster that is not ours; it stays as it is.');
