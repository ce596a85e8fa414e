import { describe, expect, it } from 'vitest';
import type { Code } from '../../src/doctor/codes.ts';
import { header, lineOf } from '../../src/whatsapp/journal/record.ts';
import { halfPaired, openHarness, restorable } from '../sessions/harness.ts';
import { memoryDisk } from '../support/memory-disk.ts';
import { arrived } from '../whatsapp/messages/arrived.ts';
import { aWhileAgo, device, examined, record, sound, uid } from './harness.ts';

describe('a directory', () => {
  it('of another server, on which Vigía never ran, is ready to be taken over', async () => {
    const disk = memoryDisk({ uid, now: () => Date.now() - 600_000 });
    sound(disk, '2');
    disk.place('/vault/4/creds.json', restorable('5511:9'));
    const { findings, ok } = await examined(disk);
    expect(findings.find(({ code }) => code === 'takeover_ready')?.message).toContain('2 restorable');
    expect(ok).toBe(true);
  });
  it('of another server that may still run is not ready', async () => {
    const disk = memoryDisk({ uid, now: aWhileAgo });
    sound(disk);
    const { findings } = await examined(disk);
    expect(findings.map(({ code }) => code)).toContain('takeover_busy');
  });
  it('has findings for ignored names, records without a directory, and interrupted pairings and imports', async () => {
    const harness = openHarness({ uid });
    const { disk } = harness;
    disk.placeDirectory('/vault/not an id');
    record(disk, 'gone');
    for (const [id, creds] of [
      ['done', restorable(device)],
      ['half', halfPaired(device)],
    ] as const) {
      disk.place(`${await harness.pairings.prepare('2', id)}/creds.json`, creds);
    }
    await harness.pairings.prepare('2', 'none');
    disk.place(
      '/vault/.vigia/pairing/moved/pairing.json',
      JSON.stringify({ org: '3', id: 'moved', startedAt: 1, imported: true }),
    );
    const { findings } = await examined(disk);
    const expected: readonly Code[] = [
      'name_skipped',
      'pairing_finished',
      'pairing_unclear',
      'pairing_leftover',
      'import_leftover',
      'record_orphaned',
    ];
    expect(findings.map(({ code }) => code).filter((code) => expected.includes(code))).toEqual(expected);
  });
  it('has findings for keys that a kill left in the journal, and for an unreadable journal', async () => {
    const disk = memoryDisk({ uid, now: aWhileAgo });
    sound(disk);
    const codes = async () =>
      (await examined(disk)).findings
        .map(({ code, message }) => `${code}: ${message}`)
        .filter((c) => c.startsWith('journal'));
    expect(await codes()).toEqual([]);
    const record = {
      org: '2',
      fingerprint: 'f',
      changes: [
        { name: 'session-a.json', content: '1' },
        { name: 'pre-key-1.json', content: null },
      ],
    };
    disk.place('/vault/.vigia/journal/0000000001.log', `${header}${lineOf(record)}`);
    expect(await codes()).toEqual([
      expect.stringMatching(/^journal_left: .*\(2 changes of 1 organizations\)\.$/u),
    ]);
    const message = arrived({ conversation: 'PLANTED' });
    const messages = { org: '2', fingerprint: '', changes: [], messages: [message] };
    disk.place('/vault/.vigia/journal/0000000001.log', `${header}${lineOf(messages)}`);
    expect(await codes()).toEqual([expect.stringMatching(/^journal_messages: .*\(1 messages\)\.$/u)]);
    disk.place('/vault/.vigia/journal/0000000001.log', 'vigia-journal 9\n');
    expect(await codes()).toEqual([]); // nothing is in it
    disk.place('/vault/.vigia/journal/0000000001.log', 'vigia-journal 9\nsomething');
    expect((await codes())[0]).toMatch(/^journal_unreadable: .*has format 9/u);
    expect(disk.peek('/vault/2/session-a.json')).toBeUndefined();
  });
  it('has findings for a damaged journal, and for one whose directory holds another copy', async () => {
    const disk = memoryDisk({ uid, now: aWhileAgo });
    sound(disk);
    const codes = async () =>
      (await examined(disk)).findings
        .map(({ code, message }) => `${code}: ${message}`)
        .filter((c) => c.startsWith('journal'));
    const line = lineOf({
      org: '2',
      fingerprint: 'f',
      changes: [{ name: 'session-a.json', content: '1', bases: [] }],
    });
    const damaged = line.replace('session-a', 'session-b');
    disk.place('/vault/.vigia/journal/0000000001.log', `${header}${damaged}${line}`);
    disk.place('/vault/2/session-a.json', '2');
    expect(await codes()).toEqual([
      expect.stringMatching(/^journal_damaged: .*\(\d+ bytes\)\.$/u),
      expect.stringMatching(/^journal_files_newer: .*\(1 keys\)\.$/u),
      expect.stringMatching(/^journal_left: .*\(1 changes of 1 organizations\)\.$/u),
    ]);
  });
  it('that is missing is a warning, and one that cannot be read is a failure', async () => {
    const disk = memoryDisk({ uid, now: aWhileAgo });
    expect(await examined(disk)).toMatchObject({
      ok: true,
      findings: expect.arrayContaining([expect.objectContaining({ code: 'directory_missing' })]),
    });
    sound(disk);
    disk.inject({ operation: 'list', path: '/vault', code: 'EACCES' });
    expect(await examined(disk)).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([expect.objectContaining({ code: 'directory_unreadable' })]),
    });
  });
});
