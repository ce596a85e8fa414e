/** Health and the shutdown of the whole composition: what is still promised while it ends, and afterwards. */
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { readExposition, sampleOf } from '../support/exposition.ts';
import { until } from '../support/until.ts';
import { connected, failingChecks, get, World, webhook } from './harness.ts';

let world: World;
beforeEach(async () => {
  world = await World.open('acme', 'beta');
});
afterEach(async () => {
  vi.restoreAllMocks();
  await world.close();
});

describe('health', () => {
  it('sends no heartbeat once /livez is 503, and again when it is well', async () => {
    let isHanging = false;
    let hung = false;
    let resume = () => {};
    const resumed = new Promise<void>((resolve) => (resume = resolve));
    const disk = nodeDisk();
    const hanging = {
      ...disk,
      list: async (path: string) => {
        if (isHanging) {
          hung = true;
          await resumed;
        }
        return disk.list(path);
      },
    };
    const over = { HEARTBEAT_URL: `${world.receiverUrl}/beat`, HEARTBEAT_SECONDS: 0.1 };
    const vigia = await world.start(over, { disk: hanging });
    const beats = () => world.received.filter(({ path }) => path === '/beat').length;
    await until('a heartbeat', () => beats() > 0);
    isHanging = true;
    await until('a scan to hang', () => hung);
    const { now } = performance;
    vi.spyOn(performance, 'now').mockImplementation(() => now.call(performance) + 3_600_000);
    await until('/livez to fail', async () => (await get(vigia, '/livez')).status === 503);
    expect(vigia.isAlive()).toBe(false);
    expect(await failingChecks(vigia, '/livez')).toEqual(['scan']);
    await new Promise((resolve) => setTimeout(resolve, 300)); // one that was under way
    const before = beats();
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // ten intervals
    expect(beats()).toBe(before);
    isHanging = false;
    resume();
    await until('/livez to pass', async () => (await get(vigia, '/livez')).status === 200);
    await until('a heartbeat', () => beats() > before);
  });
  it('is not ready while credentials cannot be written, and ready again afterwards', async () => {
    const vigia = await world.start();
    await connected(vigia);
    world.emit('acme', { type: 'storage.failed' });
    await until('the check to fail', async () => (await failingChecks(vigia, '/readyz')).includes('storage'));
    world.emit('acme', { type: 'storage.recovered' });
    await until('it to be ready', async () => (await get(vigia, '/readyz')).status === 200);
  });
  it('shows the lines that the log has dropped', async () => {
    const vigia = await world.start({}, { logLines: () => ({ dropped: 3, isDropping: true }) });
    expect((await get(vigia, '/readyz?verbose')).text).toContain('dropped since the start: 3.');
    const families = readExposition((await get(vigia, '/metrics')).text);
    expect(sampleOf(families, 'vigia_log_lines_dropped_total')).toBe(3);
  });
});

describe('a shutdown', () => {
  it('is not ready, refuses commands, and keeps the lock until the sockets are closed', async () => {
    const vigia = await world.start();
    await connected(vigia);
    const client = await world.client(vigia);
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    world.onDispose = () => released;
    const stopped = vigia.stop();
    await until('the sockets to be waited for', () => vigia.endingAt() === 'sessions');
    expect((await get(vigia, '/readyz')).status).toBe(503);
    expect(await failingChecks(vigia, '/readyz')).toContain('shutdown');
    expect((await get(vigia, '/livez')).status).toBe(200);
    await expect(client.call('session.stop', { orgId: 'acme' })).rejects.toThrow();
    await expect(world.start()).rejects.toThrow('another supervisor runs here');
    expect(client.closeCode).toBeUndefined();
    expect([...world.sockets.values()].some(({ isDisposed }) => isDisposed)).toBe(false);
    release();
    await stopped;
    expect([...world.sockets.values()].every(({ isDisposed }) => isDisposed)).toBe(true);
    expect(vigia.endingAt()).toBeUndefined();
    await until('the client to be closed', () => client.closeCode !== undefined);
    expect(client.closeCode).toBe(1001);
    await expect(get(vigia, '/livez')).rejects.toThrow();
    await vigia.stop(); // the same end again
    await connected(await world.start());
  });
  it('goes on after a step that failed: the lock is free, and the error names the step', async () => {
    const vigia = await world.start();
    await connected(vigia);
    world.onDispose = () => new Promise(() => undefined); // a socket that never closes
    await expect(vigia.stop()).rejects.toThrow('steps of the shutdown failed: sessions');
    expect(world.logged('shutdown.step_failed')).toMatchObject([
      { step: 'sessions', err: { message: 'not done in time: sockets of WhatsApp' } },
    ]);
    world.onDispose = async () => undefined;
    await expect(get(vigia, '/livez')).rejects.toThrow();
    await connected(await world.start());
  });
  it('keeps a silence of an alert, the history, and what waits for a webhook', async () => {
    const hook = await webhook(world);
    const first = await world.start(hook);
    await connected(first);
    const client = await world.client(first);
    world.emit('acme', { type: 'connection.closed', reason: 'revoked', statusCode: 401 });
    const alertOf = async (on: typeof client) => {
      const { items } = (await on.call('alert.list')) as {
        items: { fingerprint: string; orgId: string; silencedUntil: string | null }[];
      };
      return items.find(({ orgId }) => orgId === 'acme');
    };
    await world.untilLogged('alert.critical');
    const { fingerprint } = await until('the alert', () => alertOf(client));
    const silencedUntil = new Date(Date.now() + 3_600_000).toISOString();
    await client.call('alert.silence', { fingerprint, until: silencedUntil });
    await first.stop();
    const second = await world.start(hook);
    const again = await world.client(second);
    expect(await until('the alert again', () => alertOf(again))).toMatchObject({
      fingerprint,
      silencedUntil,
    });
    const { items } = (await again.call('session.history', { orgId: 'acme' })) as { items: object[] };
    expect(JSON.stringify(items)).toContain('revoked');
    await again.reaches('acme', 'failed(revoked)');
  });
  it('by itself, when the directory of the sessions is gone, says why', async () => {
    const vigia = await world.start();
    await connected(vigia);
    await rename(world.root, `${world.root}-away`);
    expect(['root_lost', 'lock_lost']).toContain(await vigia.ended);
    expect(existsSync(world.root)).toBe(false);
    await rename(`${world.root}-away`, world.root);
  });
});
