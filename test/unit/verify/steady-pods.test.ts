import { describe, expect, it } from 'vitest';
import { unlessCrashing } from '../../../src/verify/steady-pods.ts';
import { pod } from '../catalog/cluster-objects.ts';
import { crashingPod, leaving, notReady, restartedPod, viewOf } from './views.ts';

const MET = { kind: 'met', detail: 'all are there' } as const;

function judged(one: ReturnType<typeof pod>) {
  return unlessCrashing(MET, [pod('web-1'), one], viewOf({ now: [] }));
}

describe('unlessCrashing', () => {
  it.each([
    ['waits for its next try', crashingPod(1), 'container app (exit code 137) has ended'],
    [
      'has just ended',
      notReady({ containerStatuses: [{ name: 'app', state: { terminated: { exitCode: 3 } } }] }),
      'container app (exit code 3) has ended',
    ],
    [
      'of the init containers that goes on running has ended',
      notReady({
        initContainerStatuses: [{ name: 'side', state: { terminated: { exitCode: 4 } } }],
        containerStatuses: [{ name: 'app', state: { running: {} } }],
      }),
      'container side (exit code 4) has ended',
    ],
  ])('is pending where a container %s', (_name, one, text) => {
    expect(judged(one)).toMatchObject({ kind: 'pending', detail: expect.stringContaining(text) });
  });

  it('asks one that has crashed and runs again to go on', () => {
    expect(judged(restartedPod())).toMatchObject({
      kind: 'met',
      soakSeconds: 10,
      detail: expect.stringContaining('pod/web-new, container app (exit code 1)'),
    });
  });

  it.each([
    ['one that never ended', pod('web-2')],
    ['one without a status', pod('web-2', { status: { containerStatuses: undefined } })],
    ['one that ended well before', restartedPod({ terminated: { exitCode: 0 } })],
    [
      'one whose init container was tried twice',
      pod('web-2', {
        status: {
          initContainerStatuses: [
            {
              name: 'first',
              state: { terminated: { exitCode: 0 } },
              lastState: { terminated: { exitCode: 1 } },
            },
          ],
        },
      }),
    ],
    ['one on its way out', leaving(crashingPod(3))],
  ])('leaves %s alone', (_name, one) => {
    expect(judged(one)).toBe(MET);
  });

  it('leaves alone what was there before', () => {
    expect(unlessCrashing(MET, [restartedPod()], viewOf({ now: [], before: [restartedPod()] }))).toBe(MET);
  });

  it('says nothing of what is not met', () => {
    const waiting = { kind: 'pending', detail: '1 of 2' } as const;
    expect(unlessCrashing(waiting, [crashingPod(3)], viewOf({ now: [] }))).toBe(waiting);
  });
});
