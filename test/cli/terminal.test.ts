/** Commands at a terminal: redrawn lines, colours, and Ctrl-C. Needs script(1), which provides a terminal. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DomainEvent } from '../../src/control/port.ts';
import { adminKey, type Harness, startHarness, viewOf } from '../control/harness.ts';
import { until } from '../support/until.ts';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
const isThere = spawnSync('script', ['--version']).status === 0;
const esc = '\u001b';
let harness: Harness;
let directory: string;
let opened = 0;
const closing: (() => void)[] = [];
beforeEach(async () => {
  harness = await startHarness({}, [viewOf('acme', { state: 'idle', liveness: null })]);
  directory = await mkdtemp(join(tmpdir(), 'vigia-terminal-'));
});
afterEach(async () => {
  for (const close of closing.splice(0)) close();
  await harness.stop();
  await rm(directory, { recursive: true, force: true });
});
const atTerminal = (args: string, { rows = 50, columns = 120, env = {} } = {}) => {
  const command = `stty rows ${rows} cols ${columns}; exec ${process.execPath} ${main} ${args}`;
  const tty = join(directory, `tty-${(opened += 1)}`);
  const child = spawn('script', ['-qec', `tty > ${tty}; ${command}`, '/dev/null'], {
    env: {
      PATH: process.env['PATH'] ?? '',
      TERM: 'xterm-256color',
      VIGIA_API_KEY: adminKey,
      VIGIA_URL: harness.server.url,
      ...env,
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  closing.push(() => child.kill('SIGKILL'));
  const screen = { text: '', code: undefined as number | null | undefined };
  child.stdout.on('data', (bytes: Buffer) => void (screen.text += bytes.toString('utf8')));
  child.on('close', (code) => void (screen.code = code));
  return {
    screen,
    shows: (pattern: RegExp) => until(`${pattern} on the screen`, () => pattern.test(screen.text)),
    press: (keys: string) => child.stdin.write(keys),
    resize: (to: number, wide: number) => {
      const device = readFileSync(tty, 'utf8').trim();
      spawnSync('stty', ['-F', device, 'rows', String(to), 'cols', String(wide)]);
    },
    ends: () => until('its end', () => screen.code !== undefined && { code: screen.code }),
  };
};
const pairing = { id: 'pair-1', method: 'qr', expiresAt: Date.now() + 60_000 } as const;
const publish = (update: Extract<DomainEvent, { type: 'pairing.updated' }>['update']) =>
  harness.feed.publish({ type: 'pairing.updated', org: 'acme', update });
const become = (over: Parameters<typeof viewOf>[1], cause = 'x') => {
  const view = viewOf('acme', over);
  harness.sessions.set('acme', view);
  harness.feed.publish({
    type: 'session.updated',
    org: 'acme',
    view,
    previousState: 'idle',
    cause,
    durable: true,
  });
};
const startPairing = () => {
  harness.stub.answer = (org, { type }) => {
    const session = viewOf(
      org,
      type === 'session.pair'
        ? { state: 'pairing', liveness: null, pairing }
        : { state: 'idle', liveness: null },
    );
    harness.sessions.set(org, session);
    // before the answer
    if (type === 'session.cancelPairing') publish({ status: 'cancelled', pairingId: 'pair-1', reason: null });
    return { ok: true, session, changed: true, durable: true };
  };
};
const qr = (attempt: number) =>
  ({
    status: 'qr',
    pairingId: 'pair-1',
    qr: `a-secret-qr-${attempt}-${'x'.repeat(150)}`,
    attempt,
    expiresAt: Date.now() + 20_000,
  }) as const;
const asked = (type: string) => harness.stub.commands.some(({ command }) => command.type === type);

describe.skipIf(!isThere)('at a terminal', () => {
  it('pair redraws each QR in place, in black on white, and removes it at the end', async () => {
    startPairing();
    const { screen, shows, ends } = atTerminal('pair acme');
    await until('the command', () => asked('session.pair'));
    publish(qr(1));
    await shows(/Anyone who scans it/);
    expect(screen.text).toContain(`${esc}[40m${esc}[97m`);
    const before = screen.text.length;
    publish(qr(2));
    await until('the second', () => screen.text.length > before + 500);
    // up and erased: not a second QR below
    expect(screen.text.slice(before)).toMatch(new RegExp(`${esc}\\[\\d*[AKJ]`));
    publish({ status: 'completed', pairingId: 'pair-1', reason: null });
    become({ revision: 9 });
    expect(await ends()).toEqual({ code: 0 });
    expect(screen.text).toMatch(/"acme" is linked\.\r\n"acme" is connected as \+34600111222 Óptica\.\r\n$/);
    expect(screen.text).not.toContain('a-secret-qr');
  });
  it('Ctrl-C cancels the pairing that the command started', async () => {
    startPairing();
    const { press, shows, ends } = atTerminal('pair acme');
    await until('the command', () => asked('session.pair'));
    publish(qr(1));
    await shows(/Anyone who scans it/);
    press('\u0003');
    expect(await ends()).toEqual({ code: 130 });
    expect(asked('session.cancelPairing')).toBe(true);
  });
  it('pair shows no part of a QR that does not fit, and the whole QR once there is room', async () => {
    startPairing();
    const { screen, shows, resize } = atTerminal('pair acme', { rows: 24, columns: 80 });
    await until('the command', () => asked('session.pair'));
    publish(qr(1));
    await shows(/The QR needs \d+ columns and \d+ rows/);
    await shows(/vigia pair acme --code PHONE/);
    expect(screen.text).not.toMatch(/[▀▄█]/);
    resize(50, 120);
    await shows(/▀/);
    await shows(/Anyone who scans it/);
  });
  it('status --watch counts down in place, shows changes, and fits a narrower terminal', async () => {
    become({
      state: 'retrying',
      liveness: null,
      attempt: 2,
      nextRetryAt: Date.now() + 90_000,
      lastError: { reason: 'network', at: Date.now() },
    });
    const { screen, shows, resize } = atTerminal('status --watch');
    await shows(/in 1 min (\d+) s \(try 2\)/);
    const left = () => [...screen.text.matchAll(/in 1 min (\d+) s \(try 2\)/g)].map(([, s]) => Number(s));
    await until('it to count', () => new Set(left()).size >= 2);
    expect(left().at(-1)).toBeLessThan(left()[0] ?? 0);
    become({ revision: 8 });
    await shows(/1 session: .*1 connected/);
    expect(screen.text).toContain(`${esc}[32mconnected`);
    expect(screen.text).toContain('ACCOUNT');
    screen.text = '';
    resize(24, 40);
    await shows(/\[2J.*1 session: /s);
    expect(screen.text.slice(screen.text.indexOf('[2J'))).not.toContain('ACCOUNT');
  });
  it('NO_COLOR and --no-color remove the colours', async () => {
    for (const [args, env] of [
      ['status', { NO_COLOR: '1' }],
      ['status --no-color', {}],
    ] as const) {
      const { screen, ends } = atTerminal(args, { env });
      expect(await ends()).toEqual({ code: 0 });
      expect(screen.text).toContain('1 session: 1 idle');
      expect(screen.text).not.toContain(esc);
    }
  });
  it('restore shows its progress below the outcomes', async () => {
    harness.stub.answer = (org) =>
      org === 'acme'
        ? {
            ok: true,
            session: viewOf('acme', { state: 'restoring', step: 'queued', liveness: null, revision: 8 }),
            changed: true,
            durable: true,
          }
        : { ok: false, kind: 'not_found' };
    const { screen, shows, ends } = atTerminal('restore acme unknown');
    await shows(/✗.* unknown {2}not_found/);
    await shows(/█+░+ 1\/2/);
    become({ revision: 9 });
    expect(await ends()).toEqual({ code: 5 });
    expect(screen.text).toMatch(/✓.* acme {2}connected/);
  });
});
