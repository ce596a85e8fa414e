import { describe, expect, it } from 'vitest';
import { fingerprintOf, layout, openHarness, recordFor, restorable } from './harness.ts';

const device = '5511:3';
const creds = '/vault/2/creds.json';
const live = { loaded: new Set(['2']), live: new Set(['2']) };
const _loaded = { loaded: new Set(['2']) };
const withOrg = (content: string | null = restorable(device), harness = openHarness()) => {
  if (content === null) harness.disk.placeDirectory('/vault/2');
  else harness.disk.place(creds, content);
  return harness;
};

describe('credentials that another program may be writing', () => {
  it('are unsettled while the file changes between two observations, and found when it is stable', async () => {
    const harness = withOrg();
    harness.onWait.push(
      (ms) =>
        ms >= 250 &&
        harness.harness.waits.length < 3 &&
        harness.disk.place(creds, restorable(device, harness.harness.waits.length + 1)),
    );
    expect(await harness.look('2')).toMatchObject({ stored: 'unsettled', fingerprint: '' });
    expect(await harness.look('2')).toMatchObject({ stored: 'unsettled' });
    expect(await harness.look('2')).toMatchObject({ stored: 'restorable' });
  });

  it('are unsettled while keys are still being copied beside them', async () => {
    const harness = withOrg();
    harness.onWait.push(
      (ms) =>
        ms >= 250 &&
        harness.harness.waits.length < 2 &&
        harness.disk.place(`/vault/2/session-${ms}.json`, '{}'),
    );
    expect(await harness.look('2')).toMatchObject({ stored: 'unsettled' });
    expect(await harness.look('2')).toMatchObject({ stored: 'restorable' });
  });

  it('are unsettled when they change while they are read', async () => {
    const harness = withOrg();
    const inner = { ...harness.disk };
    harness.disk.read = async (path) => {
      const bytes = await inner.read(path);
      harness.disk.read = (again) => inner.read(again);
      harness.disk.place(creds, restorable('5511:4'));
      return bytes;
    };
    expect(await harness.look('2')).toMatchObject({ stored: 'unsettled', fingerprint: '' });
    expect(await harness.look('2')).toMatchObject({ fingerprint: fingerprintOf('5511:4') });
  });

  it('need no second wait when two scans are far enough apart', async () => {
    const harness = withOrg();
    harness.onWait.push(
      (ms) =>
        ms >= 250 && harness.harness.waits.length < 2 && harness.disk.place(`/vault/2/session-1.json`, '{}'),
    );
    await harness.scan();
    harness.harness.elapsedMs += 30_000;
    expect(await harness.look('2')).toMatchObject({ stored: 'restorable' });
    expect(harness.harness.waits).toHaveLength(1);
  });

  it('of a live session need no second observation while their identity is the same', async () => {
    const harness = withOrg();
    await harness.scan();
    harness.disk.place(creds, restorable(device, 2));
    harness.disk.place('/vault/2/session-1.json', '{}');
    expect(await harness.look('2', live)).toMatchObject({
      stored: 'restorable',
      fingerprint: fingerprintOf(device),
    });
    expect(harness.harness.waits).toHaveLength(1);
  });

  it('of a live session from a pairing are known by the record', async () => {
    const harness = withOrg();
    await harness.records.save({ org: '2', record: recordFor(device) });
    expect(await harness.look('2', live)).toMatchObject({
      stored: 'restorable',
      fingerprint: fingerprintOf(device),
    });
    expect(harness.harness.waits).toEqual([]);
  });

  it('of a live session with another identity are observed twice, until they are stable', async () => {
    const harness = withOrg();
    await harness.scan();
    harness.disk.place(creds, restorable('5511:4', 1));
    harness.onWait.push((ms) => {
      if (ms >= 250 && harness.harness.waits.length === 2) harness.disk.place(creds, restorable('5511:4', 2));
    });
    expect(await harness.look('2', live)).toMatchObject({ stored: 'unsettled', fingerprint: '' });
    harness.disk.place(creds, restorable('5511:4', 3));
    expect(await harness.look('2', live)).toMatchObject({
      stored: 'restorable',
      fingerprint: fingerprintOf('5511:4'),
    });
    expect(harness.harness.waits).toHaveLength(3);
  });
});

describe('content that is no creds.json', () => {
  const wrong = ['', '{', '[]', 'null', '{}', '7', restorable(device).slice(0, 200)];

  it.each(wrong)(
    '(%.12j) is unsettled until it has not changed for a minute, then corrupt, and is left as it is',
    async (content) => {
      const harness = withOrg(content);
      expect(await harness.look('2')).toMatchObject({ stored: 'unsettled' });
      harness.harness.elapsedMs += 59_000;
      expect(await harness.look('2')).toMatchObject({ stored: 'unsettled' });
      harness.harness.elapsedMs += 1_000;
      expect(await harness.look('2')).toEqual({ org: '2', stored: 'corrupt', fingerprint: '' });
      await harness.scan();
      expect(harness.disk.peek(creds)?.toString()).toBe(content);
      expect(harness.logged('credentials.corrupt')).toHaveLength(1);
      expect(await harness.disk.list(layout.quarantine)).toEqual([]);
    },
  );

  it('counts a new minute after every change', async () => {
    const harness = withOrg('{');
    for (let n = 0; n < 5; n += 1) {
      await harness.scan();
      harness.harness.elapsedMs += 50_000;
      harness.disk.place(creds, '{'.repeat(n + 2));
    }
    expect(await harness.look('2')).toMatchObject({ stored: 'unsettled' });
  });

  it('is not read when it is too large', async () => {
    const harness = withOrg(`${restorable(device)}${' '.repeat(4 * 1024 * 1024)}`);
    harness.disk.place('/vault/2/creds.json.bak', restorable(device));
    await harness.scan();
    harness.harness.elapsedMs += 60_000;
    expect(await harness.look('2')).toMatchObject({ stored: 'corrupt' });
    expect(harness.disk.begun('read')).toBe(0);
    expect(harness.logged('credentials.too_large')).toHaveLength(1);
  });
});
