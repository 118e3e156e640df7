import { describe, expect, it } from 'vitest';
import { renderEvents, renderOverview } from '../../../src/run/diagnostics.ts';

function event(reason: string, times: object, message = 'it happened') {
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: reason, uid: reason },
    type: 'Warning',
    reason,
    message,
    involvedObject: { kind: 'Pod', name: 'web-1' },
    ...times,
  };
}

const crashing = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web-1', uid: 'u-1' },
  spec: { nodeName: 'node-1' },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'False', reason: 'ContainersNotReady', message: 'a|b\nc' }],
    containerStatuses: [
      {
        name: 'app',
        ready: false,
        restartCount: 7,
        image: 'web:1',
        state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 5m0s' } },
        lastState: { terminated: { exitCode: 137, reason: 'OOMKilled', finishedAt: '2026-03-01T10:00:00Z' } },
      },
    ],
  },
};

describe('the table of Events', () => {
  it('has the newest last, by whichever time each has', () => {
    const events = [
      event('Newest', { series: { lastObservedTime: '2026-03-01T10:03:00.5Z', count: 9 } }),
      event('Oldest', { lastTimestamp: '2026-03-01T10:00:00Z', count: 3 }),
      event('Between', { eventTime: '2026-03-01T10:01:00.123456Z' }),
    ];
    const [header, ...lines] = renderEvents(events).trimEnd().split('\n');
    expect(header).toMatch(/^LAST SEEN +COUNT +TYPE +REASON +OBJECT +MESSAGE$/);
    expect(lines.map((line) => line.split(/ {2,}/).slice(1, 5))).toEqual([
      ['3', 'Warning', 'Oldest', 'pod/web-1'],
      ['1', 'Warning', 'Between', 'pod/web-1'],
      ['9', 'Warning', 'Newest', 'pod/web-1'],
    ]);
  });

  it('has a line for an Event however many its message has', () => {
    const lines = renderEvents([event('Failed', {}, 'first\r\nsecond\u2028third')])
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('first second third');
  });

  it('says that there are none', () => {
    expect(renderEvents([])).toContain('No Events');
  });
});

describe('the overview', () => {
  const page = renderOverview([crashing], [event('BackOff', { count: 4 })]);

  it('tells how often a container was restarted, why, and what it is at now', () => {
    expect(page).toContain(
      '| app | no | 7 | waiting: CrashLoopBackOff: back-off 5m0s | terminated with exit code 137 until 2026-03-01T10:00:00Z: OOMKilled | web:1 |',
    );
  });

  it('tells conditions, on one line each', () => {
    expect(page).toContain('| Ready | False |  | ContainersNotReady | a\\|b c |');
  });

  it('tells warnings with how often they came', () => {
    expect(page).toContain('BackOff (4 times): it happened');
  });

  it('says of no warnings that there are none', () => {
    expect(renderOverview([crashing], [])).toContain('## Warnings\n\nNone.');
  });
});
