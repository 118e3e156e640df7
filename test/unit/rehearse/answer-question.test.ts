/** What a Job tells of the objects that it has read, and whether it is enough for who judges it outside. */
import { expect, it } from 'vitest';
import { SECRET, secretPlanner } from '../../../src/catalog/plan-secret-update.ts';
import { gitopsOwnership } from '../../../src/gates/gitops-ownership.ts';
import { helmOwnership } from '../../../src/gates/helm-ownership.ts';
import { openValueHider } from '../../../src/plan/hide-values.ts';
import type { KubernetesObject } from '../../../src/plan/objects.ts';
import { nameValues } from '../../../src/plan/secret-values.ts';
import { answerQuestion } from '../../../src/rehearse/answer-question.ts';
import type { QuestionEnvelope } from '../../../src/rehearse/question.ts';
import { AT } from '../catalog/asking.ts';
import { deployment, secret } from '../catalog/cluster-objects.ts';
import { FakeApi } from '../execute/fake-api.ts';
import { gateInput } from '../gates/gate-input.ts';

const envelope: QuestionEnvelope = {
  executionId: 'update-secret-0123456789',
  salt: '5a17',
  values: nameValues('after', { password: 'bmV3' }),
  question: {
    action: 'update-secret',
    scope: { kind: 'namespace', namespace: 'shop' },
    namespace: 'shop',
    kind: SECRET,
    name: 'web',
    parameters: { remove: [], 'restart-consumers': false },
    force: false,
    at: AT,
  },
};

function annotated(annotations: Readonly<Record<string, string>>): KubernetesObject {
  const { metadata, ...rest } = secret('web', { password: 'old' });
  const labels = { 'app.kubernetes.io/managed-by': 'Helm' };
  return { ...rest, metadata: { ...metadata, labels, annotations } };
}

/** Those that the ownership gates ask for where none is there. */
function annotationsRead(): readonly string[] {
  const read = new Set<string>();
  const none: Readonly<Record<string, string>> = {};
  const watched = new Proxy(none, {
    get: (_, key) => {
      read.add(String(key));
    },
  });
  const input = gateInput({ involved: [annotated(watched)] });
  for (const gate of [gitopsOwnership, helmOwnership]) gate.judge(input);
  return [...read];
}

it('keeps every annotation that an ownership gate reads, and no other', async () => {
  const read = annotationsRead();
  expect(read).toContain('kustomize.toolkit.fluxcd.io/name');
  expect(read).toContain('meta.helm.sh/release-name');
  const marks = Object.fromEntries(read.map((key) => [key, 'shop']));
  const others = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', 'argocd.argoproj.io/x': 'y' };
  const answer = await answerQuestion(envelope, {
    planner: secretPlanner,
    api: new FakeApi(annotated({ ...marks, ...others })),
    hider: openValueHider(),
  });
  expect(answer.involved?.map(({ metadata }) => metadata.annotations)).toEqual([marks]);
});

it('tells of consumers that are restarted nothing but their restart', async () => {
  const spec = {
    containers: [
      {
        name: 'app',
        image: 'web:1',
        args: ['--db-password=x'],
        env: [
          { name: 'GREETING', value: 'hunter2hunter2' },
          { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'web', key: 'password' } } },
        ],
      },
    ],
  };
  const metadata = { labels: { app: 'web' }, annotations: { team: 'shop' } };
  const parameters = { remove: [], 'restart-consumers': true };
  const answer = await answerQuestion(
    { ...envelope, question: { ...envelope.question, parameters } },
    {
      planner: secretPlanner,
      api: new FakeApi(secret('web'), deployment({ spec: { template: { metadata, spec } } })),
      hider: openValueHider(),
    },
  );
  expect(answer.rehearsal?.requests).toMatchObject([
    { outcome: 'accepted', diff: [{ pointer: '/data/password', after: 'changed' }] },
    {
      outcome: 'accepted',
      diff: [
        { pointer: '/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt', after: AT },
      ],
    },
  ]);
  const text = JSON.stringify(answer);
  expect(text).not.toContain('hunter2hunter2');
  expect(text).not.toContain('--db-password');
});
