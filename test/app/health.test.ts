import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { FleetEvent } from '../../src/app/events.ts';
import { staleAfterMs, type Vitals, watchHealth } from '../../src/app/health.ts';
import type { Check } from '../../src/control/http/health.ts';
import { en } from '../../src/page/i18n/en.ts';
import { es } from '../../src/page/i18n/es.ts';
import { pt } from '../../src/page/i18n/pt.ts';

const everyMs = 30_000;
const openHarness = (over: Partial<Vitals> = {}) => {
  const clock = { ms: 1_000 };
  const vitals: Vitals = {
    isActive: () => true,
    unwritable: () => 0,
    isGateHeld: () => false,
    database: () => 'durable',
    logLines: () => ({ dropped: 0, isDropping: false }),
    isDraining: () => false,
    ...over,
  };
  return { clock, health: watchHealth(vitals, everyMs, () => clock.ms) };
};
const looked: FleetEvent = { type: 'scan.done', found: 3, adopted: [], dropped: [] };
const failing = (checks: readonly Check[]) =>
  checks.filter(({ status }) => status === 'fail').map(({ name }) => name);

describe('ready', () => {
  it('has checks that the page names, each with a name of its own in each language', () => {
    const checks = openHarness().health.ready();
    for (const { server } of [en, es, pt]) {
      const names = checks.map(({ name }) => server.names[name as keyof typeof server.names] ?? '');
      expect(names).not.toContain('');
      expect(new Set(names).size).toBe(checks.length);
    }
  });
  it('from the first look at the directory on, whatever becomes of single sessions', () => {
    const { health } = openHarness();
    expect(failing(health.ready())).toEqual(['restore']);
    health.onEvent({ type: 'scan.failed', error: new Error('EACCES') });
    expect(failing(health.ready())).toEqual(['restore']);
    health.onEvent(looked);
    expect(failing(health.ready())).toEqual([]);
    health.onEvent({ type: 'outage.began', cause: 'cut_off', live: 0 });
    expect(failing(health.ready())).toEqual([]); // what WhatsApp does is no reason to send nobody here
  });
  it.each<[string, Partial<Vitals>]>([
    ['shutdown', { isDraining: () => true }],
    ['supervisor', { isActive: () => false }],
    ['storage', { unwritable: () => 1 }],
    ['gate', { isGateHeld: () => true }],
  ])('not when it is about %s', (name, over) => {
    const { health } = openHarness(over);
    health.onEvent(looked);
    expect(failing(health.ready())).toEqual([name]);
    expect(health.ready().find((check) => check.name === name)?.detail).toMatch(/\w{3}.*\.$/);
  });
  it('not while the directory is missing or emptied, and again when it is back', () => {
    const { health } = openHarness();
    health.onEvent(looked);
    for (const e of [
      { type: 'fleet.frozen', cause: 'root_missing' },
      { type: 'fleet.frozen', cause: 'mass_disappearance' },
    ] as const) {
      health.onEvent(e);
      expect(failing(health.ready())).toEqual(['directory']);
      health.onEvent({ type: 'fleet.thawed' });
      expect(failing(health.ready())).toEqual([]);
    }
  });
  it('is explained in the docs, check by check', () => {
    const page = readFileSync(new URL('../../docs/operators/OPERATING.md', import.meta.url), 'utf8');
    const names = new Set(
      [...openHarness().health.live(), ...openHarness().health.ready()].map(({ name }) => name),
    );
    expect(names.size).toBe(9);
    for (const name of names) expect(page).toContain(`| \`${name}\` | `);
  });
  it('with a database that lives in memory, but it says so', () => {
    const { health } = openHarness({ database: () => 'memory' });
    health.onEvent(looked);
    expect(failing(health.ready())).toEqual([]);
    expect(health.ready().find(({ name }) => name === 'database')).toEqual({
      name: 'database',
      status: 'warn',
      detail: 'memory',
    });
  });
  it('while lines of the log are dropped, with a warning; after that the number stays', () => {
    const lines = { dropped: 12, isDropping: true };
    const { health } = openHarness({ logLines: () => lines });
    health.onEvent(looked);
    expect(failing(health.ready())).toEqual([]);
    const detail = 'Lines of the log dropped since the start: 12.';
    expect(health.ready().at(-1)).toEqual({ name: 'log', status: 'warn', detail });
    lines.isDropping = false;
    expect(health.ready().at(-1)).toEqual({ name: 'log', status: 'pass', detail });
    expect(openHarness().health.ready().at(-1)).toEqual({ name: 'log', status: 'pass' });
  });
});

describe('alive', () => {
  it('as long as the directory is looked at, even in vain', () => {
    const { clock, health } = openHarness();
    clock.ms += staleAfterMs(everyMs);
    expect(health.isAlive()).toBe(true);
    clock.ms += 1;
    expect(failing(health.live())).toEqual(['scan']);
    health.onEvent({ type: 'scan.failed', error: new Error('EIO') });
    expect(health.isAlive()).toBe(true);
  });
  it('not when the supervisor has failed, but while it shuts down', () => {
    expect(openHarness({ isActive: () => false }).health.isAlive()).toBe(false);
    const { clock, health } = openHarness({ isActive: () => false, isDraining: () => true });
    clock.ms += 10 * staleAfterMs(everyMs);
    expect(health.isAlive()).toBe(true);
  });
  it('tells when the first look is over, whatever came of it', async () => {
    const { health } = openHarness();
    health.onEvent({ type: 'scan.failed', error: new Error('EIO') });
    await health.looked;
  });
});
