/** npm run cluster:up */
import { prepareCluster, startCluster } from './test-cluster.ts';
import { putToolsInPath } from './toolbox.ts';

putToolsInPath();
await prepareCluster();
const { kubeconfig } = await startCluster();
console.log(`export KUBECONFIG=${kubeconfig}`);
