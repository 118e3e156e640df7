import { describe, expect, it } from 'vitest';
import type { Result, RunRecord } from '../../../src/run/record.ts';
import { renderReport } from '../../../src/run/report.ts';
import { renderOutputs } from '../../../src/step/outputs.ts';
import { runInOrder } from '../../../src/step/run-in-order.ts';
import { renderSummary } from '../../../src/step/summary.ts';
import { scaledRecord } from './scaled-record.ts';

const { request } = scaledRecord();
const executions = ['web', 'api', 'db'].map((name) => ({ ...request, name }));

/** Three executions of a spec, of which these become what is told; and those that were begun. */
async function ran(results: Readonly<Record<string, Result>>) {
  const begun: string[] = [];
  const runOne = async (one: typeof request): Promise<RunRecord> => {
    begun.push(one.name);
    const result = results[one.name] ?? 'succeeded';
    const reasonCode = result === 'succeeded' ? 'ok' : 'locked';
    return scaledRecord({ executionId: `of-${one.name}`, request: one, result, reasonCode });
  };
  return { begun, records: await runInOrder({ executions, mode: 'run' }, runOne) };
}

describe('the executions of a spec', () => {
  it.each(['succeeded', 'planned'] as const)('are carried out in order while each has %s', async (result) => {
    const { begun, records } = await ran({ web: result, api: result, db: result });
    expect(begun).toEqual(['web', 'api', 'db']);
    expect(records.map(({ executionId }) => executionId)).toEqual(['of-web', 'of-api', 'of-db']);
  });

  it.each(['skipped', 'refused', 'failed', 'cancelled'] as const)(
    'end with one that was %s, and what was not begun is told',
    async (result) => {
      const { begun, records } = await ran({ api: result });
      expect(begun).toEqual(['web', 'api']);
      const outputs = renderOutputs(records);
      expect(outputs).toMatchObject({ result, 'reason-code': 'locked', 'execution-id': 'of-api' });
      expect(outputs.message).toMatch(/^1 of 3 executions succeeded, 1 not begun\. /);
      const { status } = renderReport(records[2] ?? scaledRecord());
      expect(status).toMatchObject({ result: 'skipped', reasonCode: 'not-begun', changed: false });
      expect(status.message).toContain(
        `deployment/db in shop: not begun, since of-api before it ended as ${result}`,
      );
      expect(JSON.parse(outputs.report)).toMatchObject({
        items: [{}, {}, { status: { reasonCode: 'not-begun' } }],
      });
      expect(renderSummary(records)).toContain('## Skipped: scale-deployment deployment/db');
    },
  );
});
