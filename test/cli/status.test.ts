import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminKey, at, type Harness, startHarness, viewOf } from '../control/harness.ts';
import { CommandLine, vigia } from '../support/command-line.ts';

let harness: Harness;
const soon = Date.now() + 90_000;
beforeAll(async () => {
  harness = await startHarness({}, [
    viewOf('acme'),
    viewOf('bakery', {
      state: 'retrying',
      liveness: null,
      attempt: 3,
      nextRetryAt: soon,
      lastError: { reason: 'network', at },
      account: { id: '999000000001:2@s.whatsapp.net', name: 'Bak\u001b[2Jery' },
    }),
    viewOf('bare', { state: 'idle', liveness: null, credentials: 'unpaired', account: null }),
    viewOf('busy', { state: 'idle', liveness: null, credentials: 'unsettled', account: null }),
    viewOf('calm', { state: 'idle', liveness: null, desired: 'stopped', account: null }),
    viewOf('clinic', {
      state: 'failed',
      liveness: null,
      lastError: { reason: 'revoked', at },
      account: null,
    }),
    ...Array.from({ length: 600 }, (_, n) => viewOf(`org-${n}`)),
  ]);
});
afterAll(() => harness.stop());
const env = () => ({ VIGIA_API_KEY: adminKey, VIGIA_URL: harness.server.url });

it('status writes a table with states, next attempts, reasons and a count, and no control characters', async () => {
  const { code, stdout, stderr } = await vigia(['status'], env());
  expect(code).toBe(0);
  expect(stderr).toBe('');
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^ORGANIZATION +STATE +SINCE +NEXT +ACCOUNT +WHY$/);
  expect(lines[1]).toMatch(/^acme +connected +\d+ \w+ +\+34600111222 Óptica$/);
  expect(lines[2]).toMatch(
    /^bakery +retrying +\d+ \w+ +in 1 min( \d+ s)? \(try 3\) +\+999000000001 Bak\[2Jery +network$/,
  );
  expect(lines[3]).toMatch(/^bare +idle +\d+ \w+ +not linked: pair it$/);
  expect(lines[4]).toMatch(/^busy +idle +\d+ \w+ +its credentials cannot be used yet$/);
  expect(lines[5]).toMatch(/^calm +idle +\d+ \w+ +stopped$/);
  expect(lines[6]).toMatch(/^clinic +failed +\d+ \w+ +revoked$/);
  expect(lines.at(-1)).toBe('606 sessions: 601 connected, 1 retrying, 1 failed, 3 idle');
  expect(lines).toHaveLength(608);
  expect(stdout).not.toContain('\u001b'); // it is not a terminal
});
it('status --json writes one session of the protocol per line', async () => {
  const { code, objects } = await vigia(['status', '--json'], env());
  expect(code).toBe(0);
  expect(objects()).toHaveLength(606);
  expect(objects()[1]).toMatchObject({
    orgId: 'bakery',
    state: 'retrying',
    lastError: { reason: 'network' },
  });
});
it('status --watch without a terminal keeps changes under their headings', async () => {
  const watching = new CommandLine(['status', '--watch'], env());
  try {
    await watching.says(/606 sessions/);
    const view = viewOf('acme', {
      state: 'failed',
      liveness: null,
      revision: 9,
      lastError: { reason: 'revoked', at },
    });
    harness.feed.publish({
      type: 'session.updated',
      org: 'acme',
      view,
      previousState: 'connected',
      cause: 'x',
      durable: true,
    });
    await watching.says(/\nacme +failed/);
    const [heading = '', ...lines] = watching.stdout.split('\n');
    const changed = lines.find((line) => /^acme +failed/.test(line)) ?? '';
    expect(changed.indexOf('failed')).toBe(heading.indexOf('STATE'));
    expect(changed.indexOf('revoked')).toBe(heading.indexOf('WHY'));
  } finally {
    watching.child.kill('SIGKILL');
  }
});
