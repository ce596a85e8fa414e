/** How the fleet follows the changes of its directory. */
import { describe, expect, it, vi } from 'vitest';
import type { Scan } from '../../../machines/domain/ports.ts';
import { onVirtualTime, settle } from '../fake-clock.ts';
import { found, record } from '../harness.ts';
import { over, seconds } from './harness.ts';

onVirtualTime();
const many = (n: number) => Array.from({ length: n }, (_, i) => found(`o${i}`));
describe('scanning', () => {
  it('it happens at start and every thirty seconds', async () => {
    const { disk } = over([]);
    await seconds(100);
    expect(disk.scans).toEqual([0, 30_000, 60_000, 90_000]);
  });
  it('requests make it earlier, once for many of them, even for one that came during a scan', async () => {
    const { disk, supervisor } = over([]);
    supervisor.send({ type: 'scan.requested' });
    await seconds(0);
    await seconds(10);
    expect(disk.scans).toEqual([0, 500]);
    for (let i = 0; i < 20; i += 1) supervisor.send({ type: 'scan.requested' });
    await seconds(10);
    expect(disk.scans).toEqual([0, 500, 10_500]);
  });
  it('it happens every second while credentials are unsettled', async () => {
    const { disk } = over([found('o0', { stored: 'unsettled', fingerprint: '' })]);
    await seconds(3);
    expect(disk.scans).toEqual([0, 1_000, 2_000, 3_000]);
    disk.all = many(1);
    await seconds(30);
    expect(disk.scans).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
  });
  it('a failed scan is reported, changes nothing and is repeated', async () => {
    const { w, disk, received } = over(many(2));
    await seconds(1);
    disk.fails = true;
    await seconds(60);
    expect(received('scan.failed')).toMatchObject([
      { error: { message: 'EIO' } },
      { error: { message: 'EIO' } },
    ]);
    expect(w.sockets.size).toBe(2);
    expect(w.opened.length).toBe(2);
    disk.fails = false;
    disk.all = many(3);
    await seconds(30);
    expect(w.sockets.size).toBe(3);
  });
});

describe('a directory', () => {
  it('a removed directory is dropped after two scans, and its record is kept', async () => {
    const { w, disk, received, supervisor } = over(many(20));
    await seconds(5);
    disk.all = many(19);
    await seconds(30);
    expect(w.sockets.size).toBe(20);
    await seconds(30);
    expect(w.sockets.size).toBe(19);
    expect(received('session.dropped')).toMatchObject([{ org: 'o19', view: { state: 'connected' } }]);
    expect(received('session.gone'), 'no logout happened').toEqual([]);
    expect(supervisor.getSnapshot().context).toMatchObject({ live: 19, running: 19 });
    expect(received('scan.done').at(-1)).toMatchObject({ dropped: ['o19'] });
    expect(w.disk.get('o19')?.desired).toBe('running');
  });
  it('a directory that was missing once is not dropped, and the count starts again', async () => {
    const { w, disk } = over(many(3));
    await seconds(5);
    for (let i = 0; i < 4; i += 1) {
      disk.all = many(2);
      await seconds(30);
      disk.all = many(3);
      await seconds(30);
    }
    expect(w.sockets.size).toBe(3);
    expect(w.opened.length).toBe(3);
  });
  it('a renamed directory has one login: the new name waits until the old one is dropped', async () => {
    const { w, disk } = over([found('old', { fingerprint: 'same' }), found('other')]);
    await seconds(5);
    disk.all = [found('renamed', { fingerprint: 'same' }), found('other')];
    await seconds(30);
    expect([...w.sockets.keys()].sort()).toEqual(['old', 'other']);
    expect(w.fleet.sessions.actor('renamed')?.getSnapshot().context).toMatchObject({
      duplicateOf: 'old',
      verdict: { reason: 'conflict' },
    });
    await seconds(60);
    expect([...w.sockets.keys()].sort()).toEqual(['other', 'renamed']);
  });
  it('an older copy opens no socket, whatever its name and whenever it was seen', async () => {
    const twins = [
      found('a', {
        fingerprint: 'same',
        counters: { nextPreKeyId: 31 },
        record: record('a', { firstSeen: 1 }),
      }),
      found('b', {
        fingerprint: 'same',
        counters: { nextPreKeyId: 61 },
        record: record('b', { firstSeen: 9 }),
      }),
    ];
    const { w } = over(twins);
    await seconds(120);
    expect(w.opened.map((o) => o.org)).toEqual(['b']);
    expect(w.fleet.sessions.actor('a')?.getSnapshot().context).toMatchObject({ duplicateOf: 'b' });
  });
  it('a directory whose file is unsettled or unreadable does not lose its identity to a copy', async () => {
    const copy = found('copy', { fingerprint: 'same', record: record('copy', { firstSeen: 0 }) });
    const { w, disk } = over([found('o', { fingerprint: 'same' })]);
    await seconds(5);
    for (const stored of ['unsettled', 'unreadable', 'corrupt', 'absent'] as const) {
      disk.all = [found('o', { stored, fingerprint: '' }), copy];
      await seconds(90);
    }
    disk.all = [found('o', { fingerprint: 'same' }), copy];
    await seconds(90);
    expect(w.opened.map((o) => o.org)).toEqual(['o']);
  });
  it('a directory with replaced credentials is logged in again, once', async () => {
    const { w, disk } = over(many(2));
    await seconds(5);
    disk.all = [found('o0', { fingerprint: 'other' }), found('o1')];
    await seconds(120);
    expect(w.opened.map((o) => o.org)).toEqual(['o0', 'o1', 'o0']);
    expect(w.sockets.size).toBe(2);
  });
  it('a directory that was logged out is not adopted by a scan that began before', async () => {
    const { w, disk, supervisor, received } = over(many(2));
    await seconds(29);
    let finish = (_: Scan) => {};
    w.scan = () => new Promise((resolve) => (finish = resolve));
    await seconds(1);
    const startedAt = Date.now();
    await seconds(1);
    supervisor.send({ type: 'session.command', org: 'o0', command: { type: 'session.logout' } });
    w.net('o0', { type: 'connection.unlinked' });
    await settle();
    expect(received('session.gone')).toMatchObject([{ org: 'o0', unlinked: true }]);
    finish({ rootSeen: true, startedAt, found: disk.all });
    await seconds(1);
    expect([...w.sockets.keys()]).toEqual(['o1']);
    w.scan = async () => ({ rootSeen: true, startedAt: Date.now(), found: disk.all });
    await seconds(31);
    expect(w.sockets.size, 'an operator put it there again').toBe(2);
  });
});

describe('a mass disappearance', () => {
  it('it raises one alarm, stops no session, admits none, and takes effect after a minute', async () => {
    const { w, disk, received } = over(many(50));
    await seconds(20);
    disk.all = [...many(39), found('late')];
    await seconds(10);
    await seconds(58);
    expect(received('fleet.frozen')).toEqual([{ type: 'fleet.frozen', cause: 'mass_disappearance' }]);
    expect(w.sockets.size).toBe(50);
    expect(w.sockets.has('late')).toBe(false);
    await seconds(4);
    expect(received('fleet.thawed')).toHaveLength(1);
    expect(w.sockets.size).toBe(40);
    expect(w.sockets.has('late')).toBe(true);
  });
  it('directories that come back in time change nothing', async () => {
    const { w, disk, received } = over(many(50));
    await seconds(20);
    disk.all = many(30);
    await seconds(30);
    disk.all = many(50);
    await seconds(120);
    expect(received('fleet.frozen').length).toBe(1);
    expect(received('fleet.thawed').length).toBe(1);
    expect(w.sockets.size).toBe(50);
    expect(w.opened.length).toBe(50);
  });
  it('fewer than ten, or no more than a fifth, are dropped as usual', async () => {
    const small = over(many(20));
    await seconds(10);
    small.disk.all = many(11);
    await seconds(90);
    expect(small.received('fleet.frozen')).toEqual([]);
    expect(small.w.sockets.size).toBe(11);
    vi.clearAllTimers();
    const large = over(many(50));
    await seconds(20);
    large.disk.all = many(40);
    await seconds(90);
    expect(large.received('fleet.frozen')).toEqual([]);
    expect(large.w.sockets.size).toBe(40);
  });
});
