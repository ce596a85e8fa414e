/** Commands over the real control API, with sessions that the test plays. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { adminKey, type Harness, startHarness, viewOf } from '../control/harness.ts';
import { CommandLine, vigia } from '../support/command-line.ts';

let harness: Harness;
const running: CommandLine[] = [];
const many = Array.from({ length: 130 }, (_, n) => `org-${String(n).padStart(3, '0')}`);
beforeEach(async () => {
  harness = await startHarness({}, [
    viewOf('acme'),
    viewOf('fresh', { state: 'idle', credentials: 'unpaired' }),
    ...many.map((org) => viewOf(org)),
  ]);
});
afterEach(async () => {
  for (const { child } of running.splice(0)) child.kill('SIGKILL');
  await harness.stop();
});
const env = () => ({ VIGIA_API_KEY: adminKey, VIGIA_URL: harness.server.url });
const start = (...args: string[]) => {
  const one = new CommandLine(args, env());
  running.push(one);
  return one;
};
const askedFor = (type: string) => harness.stub.commands.filter(({ command }) => command.type === type).map(({ org }) => org);

it('restore --all: more than the server takes at once is asked for again when it says, each exactly once; those never linked are left out', async () => {
  const { code, stdout, stderr } = await vigia(['restore', '--all'], env());
  expect([code, stderr]).toEqual([0, '131 of 131 done.\n']);
  expect(stdout.trimEnd().split('\n').sort()).toEqual(['acme', ...many].map((org) => `✓ ${org}  connected`));
  expect(askedFor('session.restore').sort()).toEqual(['acme', ...many]);
});
it('an older state than the answer is no outcome', async () => {
  harness.sessions.set('acme', viewOf('acme', { state: 'failed', revision: 7, lastError: { reason: 'exhausted', at: 0 } }));
  harness.stub.answer = () => ({
    ok: true,
    session: viewOf('acme', { state: 'restoring', step: 'queued', revision: 8 }),
    changed: true,
    durable: true,
  });
  const running = start('restore', 'acme', '--timeout', '20');
  await expect.poll(() => askedFor('session.restore'), { timeout: 20_000 }).toEqual(['acme']);
  const view = viewOf('acme', { revision: 9 });
  harness.feed.publish({ type: 'session.updated', org: 'acme', view, previousState: 'restoring', cause: 'x', durable: true });
  expect(await running.ended).toBe(0);
  expect(running.stdout).toBe('✓ acme  connected\n');
});
it('a server that ends in the middle is one sentence, and exit code 3', async () => {
  harness.stub.answer = () => new Promise(() => undefined);
  const running = start('stop', 'acme');
  await expect.poll(() => askedFor('session.stop'), { timeout: 20_000 }).toEqual(['acme']);
  await harness.server.close();
  expect(await running.ended).toBe(3);
  expect(running.stderr).toMatch(
    /^vigia: The connection was lost before session\.stop was answered; whether it was carried out is not known\.\n$/,
  );
});
it('logout: the name is asked for, on stderr; what WhatsApp could not be told is said', async () => {
  harness.stub.answer = () => ({ ok: true, session: null, changed: true, durable: true, unlinked: false });
  for (const typed of ['acm\n', '', 'y\n']) {
    const asking = start('logout', 'acme');
    asking.child.stdin?.end(typed);
    expect([await asking.ended, asking.stdout]).toEqual([1, '']);
    expect(asking.stderr).toMatch(
      typed === '' ? /Type acme to go on: \nvigia: nothing was done/ : /Type acme to go on: vigia: nothing was done/,
    );
  }
  expect(askedFor('session.logout')).toEqual([]);
  const asking = start('logout', 'acme');
  await asking.says(/Type acme/);
  asking.type('acme\n');
  expect(await asking.ended).toBe(0);
  expect(asking.stderr).toContain('remove the device on the phone');
  expect(await vigia(['logout', 'acme', '--yes', '--json'], env())).toMatchObject({
    code: 0,
    stdout: '{"orgId":"acme","unlinked":false,"durable":true}\n',
  });
  expect(await vigia(['logout', 'nobody', '--yes'], env())).toMatchObject({
    code: 1,
    stderr: 'vigia: There is no organization "nobody" here.\n',
  });
  expect(askedFor('session.logout')).toEqual(['acme', 'acme']);
});
it('one that was never linked: restore says that it must be paired, logout that nothing was there to unlink', async () => {
  const session = viewOf('bare', { state: 'idle', liveness: null, credentials: 'unpaired', account: null });
  harness.sessions.set('bare', session);
  harness.stub.answer = () => ({ ok: true, session, changed: false, durable: true });
  expect(await vigia(['restore', 'bare'], env())).toMatchObject({ code: 1, stdout: '✗ bare  idle  Not linked: pair it.\n' });
  harness.stub.answer = () => ({ ok: true, session: null, changed: true, durable: true, unlinked: false });
  expect(await vigia(['logout', 'bare', '--yes'], env())).toMatchObject({
    code: 0,
    stdout: '"bare" is removed from the list; no phone was ever linked to it.\n',
    stderr: '',
  });
});
it('explain: what can be done, as it is typed here', async () => {
  harness.sessions.set('acme', viewOf('acme', { state: 'failed', liveness: null, lastError: { reason: 'locked', at: 0 } }));
  const { code, stdout } = await vigia(['explain', 'acme'], env());
  expect(code).toBe(0);
  expect(stdout).toMatch(/\(vigia restore acme --force\).*\(vigia pair acme\).*\(vigia logout acme\)/);
  expect(stdout).not.toContain('session.');
});
it('watch: a line an event, or an object; only what was asked for; never a QR for people', async () => {
  const [lines, objects] = [start('watch', 'acme', '--pairing'), start('watch', '--json', '--pairing')];
  await lines.says(/1 session: 1 connected/);
  await objects.says(/"kind":"snapshot"/);
  const view = viewOf('acme', { state: 'retrying', revision: 8, lastError: { reason: 'network', at: 0 }, nextRetryAt: Date.now() + 5_500 });
  harness.feed.publish({ type: 'session.updated', org: 'acme', view, previousState: 'connected', cause: 'x', durable: true });
  harness.feed.publish({ type: 'session.removed', org: 'org-001', revision: 8 });
  const update = { status: 'qr', pairingId: 'p', qr: 'a-secret-qr', attempt: 1, expiresAt: Date.now() } as const;
  harness.feed.publish({ type: 'pairing.updated', org: 'acme', update });
  await lines.says(/QR number 1/);
  expect(lines.stdout).toMatch(/^[\d:]{8} acme connected → retrying \(network, next try in \d s\)\n[\d:]{8} acme pairing: QR number 1\n$/);
  await objects.says(/a-secret-qr/);
  expect(objects.objects.slice(1).map((o) => (o as { event: { type: string; orgId: string } }).event)).toMatchObject([
    { type: 'session.updated', orgId: 'acme' },
    { type: 'session.removed', orgId: 'org-001' },
    { type: 'pairing.updated', orgId: 'acme' },
  ]);
  objects.child.stdout?.destroy(); // `vigia watch | head`
  for (let revision = 9; revision < 40; revision += 1)
    harness.feed.publish({ type: 'session.updated', org: 'acme', view, previousState: 'connected', cause: 'x', durable: true });
  expect(await objects.ended).toBe(0);
});
