import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/sha256.ts';
import { fingerprintOf, layout, neverScanned, openHarness, recordFor, restorable } from './harness.ts';

const device = '5511:3';
const creds = '/vault/2/creds.json';
const _live = { loaded: new Set(['2']), live: new Set(['2']) };
const loaded = { loaded: new Set(['2']) };
const withOrg = (content: string | null = restorable(device), harness = openHarness()) => {
  if (content === null) harness.disk.placeDirectory('/vault/2');
  else harness.disk.place(creds, content);
  return harness;
};

describe('a scan', () => {
  it('finds a linked device, with its record, its account and its fingerprint', async () => {
    const harness = withOrg();
    await harness.records.save({ org: '2', record: recordFor(device, { desired: 'stopped' }) });
    const scan = await harness.scan();
    expect(scan).toMatchObject({ rootSeen: true, startedAt: Date.UTC(2026, 0, 15, 3, 35) });
    expect(scan.found).toEqual([
      {
        org: '2',
        stored: 'restorable',
        fingerprint: fingerprintOf(device),
        account: { id: `${device}@s.whatsapp.net`, name: 'Optica' },
        counters: { nextPreKeyId: 1, signedPreKeyId: 1 },
        digest: sha256(Buffer.from(restorable(device))),
        record: recordFor(device, { desired: 'stopped', revision: 1_007 }),
      },
    ]);
  });

  it('reports an identity that no phone confirmed as unpaired', async () => {
    const unpaired = { org: '2', stored: 'unpaired', fingerprint: '' };
    expect(await withOrg(neverScanned(device)).look('2')).toEqual(unpaired);
  });

  it('waits once for all new directories, and not for known ones', async () => {
    const harness = withOrg();
    for (let n = 0; n < 500; n += 1) harness.disk.place(`/vault/org-${n}/creds.json`, restorable(`55${n}:1`));
    expect((await harness.scan()).found).toHaveLength(501);
    expect(harness.harness.waits).toHaveLength(1);
    expect(harness.harness.waits[0]).toBeGreaterThanOrEqual(250);
    const reads = harness.disk.begun('read');
    expect((await harness.scan()).found.every((one) => one.stored === 'restorable')).toBe(true);
    expect(harness.harness.waits).toHaveLength(1);
    expect(harness.disk.begun('read')).toBe(reads);
  });

  it('reads a file again when its size, time or inode changed', async () => {
    const harness = withOrg();
    await harness.scan();
    harness.disk.place(creds, restorable('5511:4'));
    expect(await harness.look('2')).toMatchObject({ fingerprint: fingerprintOf('5511:4') });
  });

  it('skips entries that are no sessions: files, hidden and temporary entries, empty directories', async () => {
    const harness = openHarness();
    for (const path of [
      '/vault/README',
      '/vault/.git/creds.json',
      '/vault/lost+found/creds.json',
      '/vault/2.tmp/creds.json',
    ]) {
      harness.disk.place(path, restorable(device));
    }
    expect((await harness.scan()).found).toEqual([]);
    expect(harness.harness.logged).toEqual([]);
  });

  it('reports absent credentials for a directory with a record or a loaded session', async () => {
    const harness = withOrg(null);
    expect(await harness.look('2')).toBeUndefined();
    expect(await harness.look('2', loaded)).toEqual({ org: '2', stored: 'absent', fingerprint: '' });
    await harness.records.save({ org: '2', record: recordFor(device) });
    expect(await harness.look('2')).toMatchObject({
      stored: 'absent',
      record: { fingerprint: fingerprintOf(device) },
    });
  });

  it('does not report a record without a directory', async () => {
    const harness = openHarness();
    await harness.records.save({ org: '2', record: recordFor(device) });
    expect((await harness.scan()).found).toEqual([]);
  });

  it('reports an unreadable record, so that nothing is assumed about the desired state', async () => {
    const harness = withOrg();
    harness.disk.place(layout.record('2'), '{"desired":');
    expect(await harness.look('2')).toMatchObject({ stored: 'restorable', recordUnreadable: true });
    expect(await harness.look('2')).not.toHaveProperty('record');
    expect(harness.logged('record.unreadable')).toEqual([
      { event: 'record.unreadable', fields: { org: '2', code: 'malformed' } },
    ]);
  });

  it('writes the records that could not be written before', async () => {
    const harness = withOrg();
    const undo = harness.disk.inject({ operation: 'rename', path: /\/orgs\//, code: 'EIO' });
    await expect(
      harness.records.save({ org: '2', record: recordFor(device, { desired: 'stopped' }) }),
    ).rejects.toMatchObject({
      code: 'EIO',
    });
    await harness.scan();
    undo();
    expect(await harness.records.read('2')).toEqual({ kind: 'absent' });
    await harness.scan();
    expect(await harness.records.read('2')).toMatchObject({ kind: 'record', record: { desired: 'stopped' } });
  });

  it('reports odd names once, escaped and together', async () => {
    const harness = openHarness();
    for (const name of ['my shop', 'caf\ufffd', 'a\nb', 'NUL']) harness.disk.placeDirectory(`/vault/${name}`);
    await harness.scan();
    await harness.scan();
    expect(harness.logged('directory.name_invalid')).toEqual([
      {
        event: 'directory.name_invalid',
        fields: { count: 4, examples: ['my shop', 'caf\\u{fffd}', 'a\\u{a}b', 'NUL'] },
      },
    ]);
  });

  it('rejects the second of two names that are one on this disk', async () => {
    const harness = withOrg(restorable(device), openHarness({ foldsCase: true }));
    harness.disk.place('/vault/Sol/creds.json', restorable('5512:1'));
    const inner = { ...harness.disk };
    harness.disk.list = async (path) => [
      ...((await inner.list(path)) ?? []),
      ...(path === '/vault' ? ['sol'] : []),
    ];
    expect((await harness.scan({ loaded: new Set(['Sol']) })).found.map((one) => one.org).sort()).toEqual([
      '2',
      'Sol',
    ]);
    expect(harness.logged('directory.name_folded')).toHaveLength(1);
  });

  it('rejects an organization that is a symlink, with one warning', async () => {
    const harness = openHarness();
    harness.disk.placeSymlink('/vault/2');
    for (let n = 0; n < 3; n += 1) expect((await harness.scan(loaded)).found).toEqual([]);
    expect(harness.logged('directory.symlink')).toHaveLength(1);
  });

  it('reports credentials that are a symlink or a directory as corrupt, and does not change them', async () => {
    const harness = withOrg(null);
    harness.disk.placeSymlink(creds);
    harness.disk.placeDirectory('/vault/3/creds.json');
    for (const org of ['2', '3']) harness.disk.place(`/vault/${org}/creds.json.bak`, restorable(device));
    for (let n = 0; n < 3; n += 1) {
      expect((await harness.scan()).found).toEqual(
        ['2', '3'].map((org) => ({ org, stored: 'corrupt', fingerprint: '' })),
      );
      harness.harness.elapsedMs += 60_000;
    }
    expect(harness.logged('credentials.not_a_file').map(({ fields }) => fields)).toEqual([
      { org: '2', kind: 'symlink' },
      { org: '3', kind: 'directory' },
    ]);
    expect((await harness.disk.stat(creds))?.kind).toBe('symlink');
  });

  it('warns once about all entries that other users can read, and changes no modes', async () => {
    const harness = withOrg();
    harness.disk.place('/vault/3/creds.json', restorable('5511:5'), 0o644);
    harness.disk.place('/vault/4/creds.json', restorable('5511:6'));
    harness.disk.placeDirectory('/vault/4', 0o750);
    await harness.scan();
    await harness.scan();
    expect(harness.logged('directory.exposed').map(({ fields }) => fields)).toEqual([
      { count: 2, examples: ['3', '4'] },
    ]);
    expect((await harness.disk.stat('/vault/3/creds.json'))?.mode).toBe(0o644);
  });
});

describe('a scan of a failing disk', () => {
  it.each([
    ['stat', '/vault/2', 'EACCES'],
    ['stat', creds, 'EACCES'],
    ['stat', creds, 'EMFILE'],
    ['read', creds, 'EIO'],
    ['read', creds, 'EMFILE'],
    ['read', creds, 'ELOOP'],
  ] as const)(
    '%s %s: %s means unreadable for this organization only, as long as it lasts',
    async (operation, path, code) => {
      const harness = withOrg();
      harness.disk.place('/vault/3/creds.json', restorable('5511:5'));
      const undo = harness.disk.inject({ operation, path, code });
      for (let n = 0; n < 2; n += 1) {
        const { found } = await harness.scan();
        expect(found.map((one) => [one.org, one.stored])).toEqual([
          ['2', 'unreadable'],
          ['3', 'restorable'],
        ]);
        harness.harness.elapsedMs += 120_000;
      }
      expect(harness.logged('credentials.unreadable').map(({ fields }) => fields)).toEqual([
        { org: '2', code },
      ]);
      undo();
      expect(await harness.look('2')).toMatchObject({ stored: 'restorable' });
    },
  );

  it.each([['/vault'], [layout.orgs]])(
    'rejects when %s cannot be listed: then nothing can be said at all',
    async (path) => {
      const harness = withOrg();
      harness.disk.inject({ operation: 'list', path, code: 'EACCES', times: 1 });
      await expect(harness.scan()).rejects.toMatchObject({ code: 'EACCES' });
      expect((await harness.scan()).found).toHaveLength(1);
    },
  );

  it('reports the root as unseen when it is another one, is missing, or disappears meanwhile', async () => {
    const harness = withOrg();
    harness.harness.rootIsOurs = false;
    expect(await harness.scan()).toMatchObject({ rootSeen: false, found: [] });
    harness.harness.rootIsOurs = true;
    harness.onWait.push(() => {
      harness.harness.rootIsOurs = false;
    });
    expect(await harness.scan()).toMatchObject({ rootSeen: false, found: [] });
    const gone = openHarness();
    await gone.disk.rename('/vault', '/elsewhere');
    expect(await gone.scan()).toMatchObject({ rootSeen: false, found: [] });
    expect(await gone.disk.stat('/vault')).toBeUndefined();
  });

  it('never overlaps with another scan', async () => {
    const harness = withOrg();
    const order: string[] = [];
    const both = [
      harness.scan().then(() => order.push('first')),
      harness.scan().then(() => order.push('second')),
    ];
    await Promise.all(both);
    expect(order).toEqual(['first', 'second']);
    expect(harness.harness.waits).toHaveLength(1);
  });
});
