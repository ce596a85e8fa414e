import { describe, expect, it } from 'vitest';
import { freePath } from '../../src/sessions/layout.ts';
import { fingerprintOf, layout, openHarness, recordFor, restorable } from './harness.ts';

const withOrg = (random = () => 0.5) => {
  const harness = openHarness({ random });
  harness.disk.place('/vault/2/creds.json', restorable('5511:3'));
  harness.disk.place('/vault/2/session-5512.0.json', '{}');
  return harness;
};
const archived = (harness: ReturnType<typeof openHarness>) =>
  harness.disk
    .paths()
    .flatMap((path) =>
      path.startsWith(`${layout.archive}/`) ? [path.slice(layout.archive.length + 1)] : [],
    );

describe('archiving an organization', () => {
  it('moves the directory unchanged and its record beside it, under a portable name', async () => {
    const harness = withOrg();
    await harness.records.save({ org: '2', record: recordFor('5511:3') });
    await harness.archive.archive('2');
    const name = '2-2026-01-15T03-35-00-000Z';
    expect(archived(harness)).toEqual([
      name,
      `${name}.json`,
      `${name}/creds.json`,
      `${name}/session-5512.0.json`,
    ]);
    expect(harness.disk.peek(`${layout.archive}/${name}/creds.json`)?.toString()).toBe(restorable('5511:3'));
    expect(await harness.records.read('2')).toEqual({ kind: 'absent' });
    expect((await harness.scan()).found).toEqual([]);
  });

  it('does nothing without directory and record, and moves a record without a directory', async () => {
    const harness = openHarness();
    await harness.archive.archive('2');
    expect(archived(harness)).toEqual([]);
    await harness.records.save({ org: '2', record: recordFor('5511:3') });
    await harness.archive.archive('2');
    expect(archived(harness)).toEqual(['2-2026-01-15T03-35-00-000Z.json']);
  });

  it('never overwrites a directory or record archived in the same millisecond', async () => {
    const harness = withOrg();
    await harness.archive.archive('2');
    harness.disk.place('/vault/2/creds.json', restorable('5511:4'));
    harness.disk.place('/vault/3/creds.json', restorable('5511:5'));
    harness.disk.place(`${layout.archive}/3-2026-01-15T03-35-00-000Z.json`, 'an older record');
    await Promise.all([harness.archive.archive('2'), harness.archive.archive('3')]);
    const creds = archived(harness).filter((path) => path.endsWith('/creds.json'));
    expect(creds).toEqual([
      '2-2026-01-15T03-35-00-000Z-2/creds.json',
      '2-2026-01-15T03-35-00-000Z/creds.json',
      '3-2026-01-15T03-35-00-000Z-2/creds.json',
    ]);
    expect(await freePath(harness.disk, layout.archive, '2', harness.now())).toMatch(/-3$/);
  });

  it('rejects and leaves the organization in its place when the disk fails', async () => {
    const harness = withOrg();
    harness.disk.inject({ operation: 'rename', path: '/vault/2', code: 'EACCES', times: 1 });
    await expect(harness.archive.archive('2')).rejects.toMatchObject({ code: 'EACCES' });
    expect(harness.disk.peek('/vault/2/creds.json')).toBeDefined();
    await harness.archive.archive('2');
    expect(harness.disk.peek('/vault/2/creds.json')).toBeUndefined();
  });

  it('loses nothing in a power cut, and never leaves credentials without their record', async () => {
    for (let step = 1; step < 20; step += 1) {
      for (const chance of [0, 0.9]) {
        const harness = withOrg(() => chance);
        await harness.records.save({ org: '2', record: recordFor('5511:3', { desired: 'stopped' }) });
        harness.disk.cutPower(step);
        await harness.archive.archive('2').catch(() => undefined);
        harness.disk.crash();
        const after = openHarness({}, harness.disk);
        const found = await after.look('2');
        if (found)
          expect(found).toMatchObject({
            fingerprint: fingerprintOf('5511:3'),
            record: { desired: 'stopped' },
          });
        else expect(archived(harness).filter((path) => path.endsWith('/creds.json'))).toHaveLength(1);
      }
    }
  });
});
