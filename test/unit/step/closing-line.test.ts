import { describe, expect, it } from 'vitest';
import { applyClusterManifest } from '../../../src/catalog/apply-cluster-manifest.ts';
import { closingLine } from '../../../src/step/closing-line.ts';
import { recordWithout, rolledBack, scaledRecord, scalePlan, scaleVerdict } from './scaled-record.ts';

describe('the closing line', () => {
  it('of a success says what was done and how long it took', () => {
    expect(closingLine(scaledRecord())).toBe(
      'Scaled deployment/web in shop from 2 to 3 replicas; verified in 2.1 s (execution scale-deployment-7c2e9b41d0).',
    );
  });

  it.each([
    ['restart deployment/web in shop pod by pod', 'Restarted deployment/web'],
    ['apply 3 objects in shop', 'Applied 3 objects'],
    ['return deployment/web in shop to revision 2', 'Returned deployment/web'],
    ['delete pod/web-1', 'Deleted pod/web-1'],
  ])('tells "%s" in the past', (summary, past) => {
    expect(closingLine(scaledRecord({ plan: { ...scalePlan, summary } })).startsWith(past)).toBe(true);
  });

  it('of a failure says what the cluster said, what state it is in and where to look', () => {
    const line = closingLine(rolledBack);
    expect(line).toMatch(/^Rolled back after 2\.1 s: Scale deployment\/web .* the change was undone\./);
    expect(line).toContain('deployment/web in shop is as it was before');
    expect(line).toContain('kubectl --namespace shop describe deployment/web');
    expect(line).toContain('kubectl --namespace kubernetes-executor logs job/scale-deployment-7c2e9b41d0');
  });

  it('names the objects of a manifest, and describes those that are there', () => {
    const place = (resource: string, name: string, namespace?: string) => ({
      group: resource === 'deployments' ? 'apps' : '',
      version: 'v1',
      resource,
      ...(namespace === undefined ? {} : { namespace }),
      name,
    });
    const request = { verb: 'patch', patchType: 'apply', rehearsal: 'yes', resendable: true } as const;
    const home = place('namespaces', 'shop');
    const web = place('deployments', 'web', 'shop');
    const requests = [
      {
        ...request,
        summary: 'create namespace/shop',
        path: home,
        body: { kind: 'Namespace' },
        effect: { kind: 'created', object: home },
      },
      {
        ...request,
        summary: 'change deployment/web in shop',
        path: web,
        body: { kind: 'Deployment' },
        effect: { kind: 'fields', object: web, fields: [] },
      },
    ] as const;
    const target = { apiVersion: 'v1', kind: 'Cluster', name: 'manifest' };
    const undo = {
      kind: 'requests',
      requests: requests.map((one, undoes) => ({ ...one, summary: `undo ${one.summary}`, undoes })),
      checks: [],
    } as const;
    const ofManifest = {
      result: 'failed',
      namespace: '',
      request: { ...scaledRecord().request, action: applyClusterManifest },
      plan: { ...scalePlan, target, requests, undo },
    } as const;
    const applied = requests.map(({ summary }) => ({ summary, outcome: 'applied' }) as const);
    const kept = scaledRecord({
      ...ofManifest,
      verdict: { ...scaleVerdict, result: 'failed', requests: applied },
    });
    const line = closingLine(kept);
    expect(line).toContain('not undone: look at namespace/shop and deployment/web in shop.');
    expect(line).toContain(
      'kubectl describe namespaces/shop and kubectl --namespace shop describe deployments.apps/web and kubectl',
    );
    const undone = undo.requests.map(({ summary }) => ({ summary, outcome: 'applied' }) as const);
    const back = closingLine(
      scaledRecord({
        ...ofManifest,
        changed: false,
        verdict: {
          ...scaleVerdict,
          result: 'rolled-back',
          requests: applied,
          undo: { requests: undone, checks: [] },
        },
      }),
    );
    expect(back).toContain('namespace/shop and deployment/web in shop are as they were before');
    expect(back).not.toContain('describe namespaces/shop');
    for (const said of [line, back]) expect(said).not.toContain('cluster/manifest');
  });

  it('does not claim that nothing was changed where nobody knows', () => {
    const lost = recordWithout(['verdict'], {
      result: 'failed',
      reasonCode: 'executor-lost',
      message: 'lost',
    });
    expect(closingLine(lost)).toContain('verdict is not known. Look at deployment/web in shop');
    const { job } = lost;
    if (!job) throw new Error('it has a Job');
    const open = { ...lost, reasonCode: 'job-not-started' as const };
    expect(closingLine(open)).toContain('verdict is not known');
    const gone = { ...lost, changed: false, job: { ...job, fate: 'never-started' as const } };
    expect(closingLine(gone)).toContain('Nothing was changed.');
    expect(closingLine(gone)).not.toContain('logs job/');
  });

  it.each([
    ['rollback-failed', true, false, 'The undo is not finished or not verified: look at deployment/web'],
    ['failed', true, false, 'The change was made and not undone: look at deployment/web'],
    ['timed-out', true, false, 'The change was made and not undone: look at deployment/web'],
    ['rolled-back', false, true, 'The change was undone: deployment/web in shop is as it was before'],
    ['failed', false, false, 'Nothing was changed.'],
  ] as const)(
    'of %s goes by what is left of a verdict without its lists',
    (result, changed, undone, said) => {
      const verdict = { ...scaleVerdict, result, requests: [], checks: [], shortened: true as const };
      const record = scaledRecord({ result, changed, verdict: { ...verdict, changed, undone } });
      expect(closingLine(record)).toContain(said);
    },
  );

  it('tells of an undo that did not come to its end, and offers none after an undo', () => {
    const { verdict } = rolledBack;
    const result = 'rollback-failed';
    const stuck = scaledRecord({ result, ...(verdict ? { verdict: { ...verdict, result } } : {}) });
    expect(closingLine(stuck)).toContain('The undo is not finished or not verified: look at deployment/web');
    const undone = recordWithout(['plan'], {
      reasonCode: 'ok',
      mode: 'rollback',
      ...(verdict ? { verdict } : {}),
    });
    expect(closingLine(undone)).not.toContain('mode: rollback');
  });

  it('offers no undo where another execution was let go first', () => {
    const skipped = scaledRecord({ result: 'skipped', reasonCode: 'locked', changed: false });
    expect(closingLine(skipped)).not.toContain('To undo it');
  });

  it('of a plan says how to carry it out', () => {
    const planned = recordWithout(['job', 'verdict', 'log'], {
      result: 'planned',
      reasonCode: 'planned',
      message: 'would scale it',
    });
    expect(closingLine(planned)).toContain('mode: apply and plan-hash: sha256:2f0c5f6f0a1e');
  });

  it('is one line that is no workflow command, whatever the cluster said', () => {
    const line = closingLine(
      scaledRecord({ result: 'failed', message: '::error::x ##[error]y\r\n\u001b[2Jz' }),
    );
    expect(line).not.toMatch(/[\r\n]|##\[/);
  });
});
