import { describe, expect, it } from 'vitest';
import { updateImage } from '../../../src/catalog/update-image.ts';
import { DAEMON_SET, DEPLOYMENT, STATEFUL_SET } from '../../../src/catalog/workloads.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { planFor, refusalFor } from './asking.ts';
import { daemonSet, deployment, statefulSet } from './cluster-objects.ts';

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;
const CONTAINERS = '/spec/template/spec/containers';
const INIT_CONTAINERS = '/spec/template/spec/initContainers';

/** Two containers and one that prepares for them. */
const three = deployment({ spec: { template: template({}) } });

function template(more: object): object {
  return {
    metadata: { labels: { app: 'web' } },
    spec: {
      initContainers: [{ name: 'migrate', image: 'migrate:1' }],
      containers: [
        { name: 'app', image: 'web:1', command: ['serve'] },
        { name: 'proxy', image: 'ghcr.io/acme/proxy:1' },
      ],
      ...more,
    },
  };
}

function asking(workload: KubernetesObject, parameters: object) {
  const kind = [DEPLOYMENT, STATEFUL_SET, DAEMON_SET].find((one) => one.kind === workload.kind);
  return { name: workload.metadata.name, parameters, ...(kind ? { kind } : {}) };
}

function plan(parameters: object, workload = deployment()) {
  return planFor(updateImage, asking(workload, parameters), [workload]);
}

function refuse(parameters: object, workload = deployment()) {
  return refusalFor(updateImage, asking(workload, parameters), [workload]);
}

function isAccepted(parameters: object): boolean {
  return updateImage.parameters.safeParse(parameters).success;
}

describe('update-image', () => {
  it.each([
    [deployment(), 'deployments', 'app=web', 2],
    [statefulSet(), 'statefulsets', 'app=db', 3],
    [daemonSet(), 'daemonsets', 'app=agent', 3],
  ])('changes the only container and waits for the rollout', (workload, resource, podSelector, pods) => {
    const object = {
      group: 'apps',
      version: 'v1',
      resource,
      namespace: 'shop',
      name: workload.metadata.name,
    };
    const made = plan({ image: 'web:2' }, workload);
    expect(made.summary).toMatch(/in shop: app from web:1 to web:2$/);
    expect(made.requests).toMatchObject([{ verb: 'patch', patchType: 'json', path: object }]);
    const written = [{ pointer: `${CONTAINERS}/0/image`, after: 'web:2' }];
    expect(made.checks).toEqual([{ kind: 'rollout-complete', object, podSelector, written }]);
    expect(made.podsAffected).toBe(pods);
  });

  it('holds to the uid, to no pause, the name of the container at that place and its image before', () => {
    expect(plan({ image: 'web:2' }).requests[0]?.body).toEqual([
      { op: 'test', path: '/metadata/uid', value: 'uid-deployment' },
      { op: 'test', path: '/spec/paused', value: null },
      { op: 'test', path: `${CONTAINERS}/0/name`, value: 'app' },
      { op: 'test', path: `${CONTAINERS}/0/image`, value: 'web:1' },
      { op: 'add', path: `${CONTAINERS}/0/image`, value: 'web:2' },
    ]);
  });

  it('puts back the image of that very container, where it still is the one we set', () => {
    const { undo } = plan({ image: 'web:2' });
    expect(undo.kind === 'requests' && undo.requests[0]?.body).toEqual([
      { op: 'test', path: '/metadata/uid', value: 'uid-deployment' },
      { op: 'test', path: `${CONTAINERS}/0/name`, value: 'app' },
      { op: 'test', path: `${CONTAINERS}/0/image`, value: 'web:2' },
      { op: 'add', path: `${CONTAINERS}/0/image`, value: 'web:1' },
    ]);
  });

  it.each([
    ['proxy', `${CONTAINERS}/1/image`],
    ['migrate', `${INIT_CONTAINERS}/0/image`],
  ])('finds container %s by its name', (container, pointer) => {
    const [request] = plan({ container, image: 'other:2' }, three).requests;
    expect(request?.effect).toMatchObject({ fields: [{ pointer, after: 'other:2' }] });
  });

  it('changes several containers in one request, and leaves alone those that are as asked', () => {
    const images = { app: 'web:2', migrate: 'migrate:2', proxy: 'ghcr.io/acme/proxy:1' };
    const { requests } = plan({ images }, three);
    expect(requests.map(({ effect }) => effect)).toMatchObject([
      {
        fields: [
          { pointer: `${CONTAINERS}/0/image`, before: 'web:1', after: 'web:2' },
          { pointer: `${INIT_CONTAINERS}/0/image`, before: 'migrate:1', after: 'migrate:2' },
        ],
      },
    ]);
  });

  it('rehearses the pod that comes of it, whole', () => {
    const [pod] = plan({ container: 'app', image: 'web:2' }, three).podTemplates;
    expect(pod).toMatchObject({ replaces: true, metadata: { labels: { app: 'web' } } });
    expect(pod?.spec).toEqual({
      initContainers: [{ name: 'migrate', image: 'migrate:1' }],
      containers: [
        { name: 'app', image: 'web:2', command: ['serve'] },
        { name: 'proxy', image: 'ghcr.io/acme/proxy:1' },
      ],
    });
  });

  it('sends nothing where the image is as asked', () => {
    const made = plan({ image: 'web:1' });
    expect(made).toMatchObject({ requests: [], undo: { requests: [] }, podTemplates: [], podsAffected: 0 });
    expect(made.summary).toContain('leave the images of deployment/web in shop');
    expect(made.notes.join(' ')).toContain('rollout-restart');
  });

  it.each([
    ['a tag', 'web:2', /can be moved/],
    ['latest', 'web:latest', /newest/],
    ['no tag', 'web', /newest/],
  ])('says what %s means', (_name, image, note) => {
    expect(plan({ image }).notes.join(' ')).toMatch(note);
  });

  it('has nothing to say of a digest', () => {
    expect(plan({ image: `web@${DIGEST}` }).notes.join(' ')).not.toContain('digest');
  });

  it('says where the registry changes, and which credentials the pods have for it', () => {
    const secrets = { imagePullSecrets: [{ name: 'at-ghcr' }, { name: 'at-quay' }] };
    const workload = deployment({ spec: { template: template(secrets) } });
    const notes = plan({ container: 'app', image: `ghcr.io/acme/web@${DIGEST}` }, workload).notes.join(' ');
    expect(notes).toMatch(/app comes from ghcr\.io instead of docker\.io.*at-ghcr, at-quay/);
    const same = plan({ container: 'proxy', image: `ghcr.io/acme/proxy@${DIGEST}` }, workload).notes;
    expect(same.join(' ')).not.toContain('instead of');
  });

  it('says that no pull secrets are there', () => {
    expect(plan({ image: `quay.io/acme/web@${DIGEST}` }).notes.join(' ')).toContain('there are none');
  });

  it('warns of an ordered StatefulSet, whose stuck pods an undo does not replace', () => {
    const ordered = statefulSet({ spec: { podManagementPolicy: 'OrderedReady' } });
    expect(plan({ image: 'web:2' }, ordered).notes.join(' ')).toContain('must be deleted by hand');
    expect(plan({ image: 'web:2' }).notes.join(' ')).not.toContain('must be deleted by hand');
  });

  it.each([
    [{ image: 'web:2' }, /say which container/],
    [{ container: 'ap', image: 'web:2' }, /no container ap:/],
    [{ images: { app: 'web:2', sidecar: 'a', other: 'b' } }, /no container sidecar, other:/],
  ])('refuses %j and lists the containers there are', (parameters, said) => {
    const refusal = refuse(parameters, three);
    expect(refusal.reasonCode).toBe('target-unsuitable');
    expect(refusal.message).toMatch(said);
    expect(refusal.message).toContain('app, proxy, migrate');
  });

  it('refuses a template without containers, rather than to guess', () => {
    const empty = deployment({ spec: { template: { metadata: {}, spec: {} } } });
    expect(refuse({ image: 'web:2' }, empty).reasonCode).toBe('target-unsuitable');
  });

  it('refuses a paused Deployment and one whose pods only a person replaces', () => {
    const paused = refuse({ image: 'web:2' }, deployment({ spec: { paused: true } }));
    expect(paused.reasonCode).toBe('rollout-paused');
    expect(paused.message).toContain('kubectl rollout resume deployment/web -n shop');
    const byHand = statefulSet({ spec: { updateStrategy: { type: 'OnDelete' } } });
    expect(refuse({ image: 'web:2' }, byHand).message).toContain('OnDelete');
  });

  it('refuses what is not there', () => {
    const missing = refusalFor(updateImage, { name: 'api', parameters: { image: 'web:2' } }, [deployment()]);
    expect(missing.reasonCode).toBe('target-not-found');
  });

  it.each([{ image: 'web:2' }, { container: 'app', image: 'web:2' }, { images: { app: 'web:2' } }])(
    'accepts %j',
    (parameters) => {
      expect(isAccepted(parameters)).toBe(true);
    },
  );

  it.each([
    {},
    { container: 'app' },
    { image: 'web:2', images: { app: 'web:2' } },
    { container: 'app', images: { app: 'web:2' } },
    { images: {} },
    { images: { app: 'web 2' } },
    { image: '' },
  ])('does not accept %j', (parameters) => {
    expect(isAccepted(parameters)).toBe(false);
  });
});
