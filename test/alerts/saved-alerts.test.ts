/** Alerts on disk: a damaged row of one hides no other. */
import { expect, it } from 'vitest';
import { fingerprintOf } from '../../src/alerts/alert-store.ts';
import { savedAlertsIn } from '../../src/alerts/saved-alerts.ts';
import { memoryTable } from '../../src/database/memory-table.ts';

const alertOf = (org: string) => {
  const condition = { name: 'SessionLoggedOut', org, since: 1_000 } as const;
  return { ...condition, fingerprint: fingerprintOf(condition) };
};

it.each([null, 7, 'text', [], {}, { name: 'NoSuchAlert', org: 'acme', since: 1, fingerprint: 'x' }])(
  'a row that is %j is skipped, and the others are loaded and saved',
  async (damaged) => {
    const table = memoryTable();
    const saved = savedAlertsIn(table);
    await saved.save([alertOf('acme'), alertOf('beta')]);
    await table.write([{ key: [alertOf('acme').fingerprint], value: damaged }]);
    expect(await saved.load()).toEqual([alertOf('beta')]);
    await saved.save([alertOf('beta'), alertOf('gamma')]);
    expect(new Set((await saved.load()).map(({ org }) => org))).toEqual(new Set(['beta', 'gamma']));
  },
);
