import { describe, expect, it } from 'vitest';
import { rolloutRestart } from '../../../src/catalog/rollout-restart.ts';
import { gitopsOwnership } from '../../../src/gates/gitops-ownership.ts';
import { helmOwnership } from '../../../src/gates/helm-ownership.ts';
import { deployment, pod, replicaSet } from '../catalog/cluster-objects.ts';
import { gateInput, namespace } from './gate-input.ts';

const tracked = { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/web' } };
const helm = {
  labels: { 'app.kubernetes.io/managed-by': 'Helm' },
  annotations: { 'meta.helm.sh/release-name': 'shop' },
};

describe('gitops-ownership', () => {
  it.each([
    ['Argo CD', 'argocd.argoproj.io/tracking-id', deployment({ metadata: tracked })],
    [
      'Argo CD',
      'argocd.argoproj.io/instance',
      deployment({ metadata: { labels: { 'argocd.argoproj.io/instance': 'shop' } } }),
    ],
    [
      'Flux',
      'kustomize.toolkit.fluxcd.io/name',
      deployment({ metadata: { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } } }),
    ],
    [
      'Flux',
      'helm.toolkit.fluxcd.io/name',
      deployment({
        spec: { template: { metadata: { labels: { 'helm.toolkit.fluxcd.io/name': 'shop' } } } },
      }),
    ],
    [
      'Argo CD',
      'argocd-controller',
      deployment({ metadata: { managedFields: [{ manager: 'kubectl' }, { manager: 'argocd-controller' }] } }),
    ],
    [
      'Flux',
      'kustomize-controller',
      deployment({ metadata: { managedFields: [{ manager: 'kustomize-controller' }] } }),
    ],
  ])('knows what %s keeps by %s', (tool, mark, owned) => {
    const verdict = gitopsOwnership.judge(gateInput({ involved: [owned] }));
    expect(verdict).toMatchObject({ verdict: 'refuse', reasonCode: 'gitops-managed' });
    expect(verdict.message).toContain(tool);
    expect(verdict.message).toContain(mark);
    expect(verdict.message).toContain('deployment/web');
    expect(verdict.remedy).toContain('gitops');
  });

  it('looks at the owners of the target and at its namespace too', () => {
    const owner = deployment({ metadata: tracked });
    const byOwner = gitopsOwnership.judge(gateInput({ involved: [pod('web-1'), replicaSet(), owner] }));
    expect(byOwner).toMatchObject({ verdict: 'refuse', message: expect.stringContaining('deployment/web') });
    const byNamespace = gitopsOwnership.judge(gateInput({ namespaceObject: namespace(tracked) }));
    expect(byNamespace).toMatchObject({
      verdict: 'refuse',
      message: expect.stringContaining('namespace/shop'),
    });
  });

  it('claims of a mark on the namespace alone no more than it says', () => {
    const around = gitopsOwnership.judge(gateInput({ namespaceObject: namespace(tracked) })).message;
    expect(around).toContain('so it may manage what lies in it too');
    const both = { involved: [deployment({ metadata: tracked })], namespaceObject: namespace(tracked) };
    expect(gitopsOwnership.judge(gateInput(both)).message).toContain('would change this back');
  });

  it.each([
    ['nothing is marked', {}],
    [
      'a mark is empty',
      { involved: [deployment({ metadata: { labels: { 'argocd.argoproj.io/instance': '' } } })] },
    ],
    ['the namespace could not be read', { namespaceObject: undefined }],
    ['others manage fields', { involved: [deployment({ metadata: { managedFields: [{ manager: 'k' }] } })] }],
  ])('lets pass where %s', (_name, over) => {
    expect(gitopsOwnership.judge(gateInput(over)).verdict).toBe('pass');
  });

  it.each([
    ['gitops: warn', { gitops: 'warn' }],
    ['force', { force: true }],
  ] as const)('only warns with %s', (_name, options) => {
    const input = gateInput({ involved: [deployment({ metadata: tracked })], options });
    expect(gitopsOwnership.judge(input)).toMatchObject({ verdict: 'warn', reasonCode: 'gitops-managed' });
  });

  it('lets pass an action that changes nothing of what the tool keeps, and says who does', () => {
    const input = gateInput({ involved: [deployment({ metadata: tracked })], action: rolloutRestart });
    expect(gitopsOwnership.judge(input)).toMatchObject({
      verdict: 'pass',
      message: expect.stringContaining('Argo CD'),
    });
  });
});

describe('helm-ownership', () => {
  it('warns with the release, and never refuses', () => {
    const verdict = helmOwnership.judge(gateInput({ involved: [deployment({ metadata: helm })] }));
    expect(verdict).toMatchObject({ verdict: 'warn', reasonCode: 'gitops-managed' });
    expect(verdict.message).toContain('release shop');
  });

  it('warns without a release where none is named', () => {
    const involved = [deployment({ metadata: { labels: helm.labels } })];
    expect(helmOwnership.judge(gateInput({ involved }))).toMatchObject({
      verdict: 'warn',
      message: expect.not.stringContaining('release )'),
    });
  });

  it.each([
    ['without Helm', { involved: [deployment({ metadata: { labels: { app: 'web' } } })] }],
    ['for a restart', { involved: [deployment({ metadata: helm })], action: rolloutRestart }],
  ])('lets pass %s', (_name, over) => {
    expect(helmOwnership.judge(gateInput(over)).verdict).toBe('pass');
  });
});
