/** Commands with the real control API, and sessions that the test controls. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { adminKey, type Harness, startHarness, viewOf } from '../control/harness.ts';
import { CommandLine, vigia } from '../support/command-line.ts';
import { inProcess } from '../support/in-process.ts';

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
const commanded = (type: string) =>
  harness.stub.commands.filter(({ command }) => command.type === type).map(({ org }) => org);

it('restore --all commands each linked session exactly once, even when the server throttles', async () => {
  const { code, stdout, stderr } = await vigia(['restore', '--all'], env());
  expect(code).toBe(0);
  expect(stderr).toBe('131 of 131 done.\n');
  expect(stdout.trimEnd().split('\n').sort()).toEqual(['acme', ...many].map((org) => `✓ ${org}  connected`));
  expect(commanded('session.restore').sort()).toEqual(['acme', ...many]);
});
it('a state from before the answer is not an outcome', async () => {
  harness.sessions.set(
    'acme',
    viewOf('acme', { state: 'failed', revision: 7, lastError: { reason: 'exhausted', at: 0 } }),
  );
  harness.stub.answer = () => ({
    ok: true,
    session: viewOf('acme', { state: 'restoring', step: 'queued', revision: 8 }),
    changed: true,
    durable: true,
  });
  const running = start('restore', 'acme', '--timeout', '20');
  await expect.poll(() => commanded('session.restore'), { timeout: 20_000 }).toEqual(['acme']);
  const view = viewOf('acme', { revision: 9 });
  harness.feed.publish({
    type: 'session.updated',
    org: 'acme',
    view,
    previousState: 'restoring',
    cause: 'x',
    durable: true,
  });
  expect(await running.ended).toBe(0);
  expect(running.stdout).toBe('✓ acme  connected\n');
});
it('what the disk refused is no success: the message says that a restart undoes it', async () => {
  harness.sessions.set('acme', viewOf('acme', { state: 'idle', desired: 'stopped', liveness: null }));
  harness.stub.unsaved.add('acme');
  harness.stub.answer = (org) => {
    const session = harness.sessions.get(org);
    if (session === undefined) return { ok: false, kind: 'not_found' };
    return { ok: true, session, changed: true, durable: org !== 'acme' };
  };
  for (const args of [
    ['stop', 'acme'],
    ['stop', 'acme', '--no-wait'],
    ['restore', 'acme', '--no-wait'],
  ]) {
    const { code, stdout } = await vigia(args, env());
    expect(stdout).toMatch(
      /^✗ acme {2}not_durable {2}It is idle now, but the disk refused the record: after a/,
    );
    expect(code).toBe(1);
  }
  harness.sessions.set('org-000', viewOf('org-000', { state: 'idle', desired: 'stopped', liveness: null }));
  const { code, stderr } = await vigia(['stop', 'acme', 'org-000'], env());
  expect(stderr).toBe('1 of 2 done, 1 failed.\n');
  expect(code).toBe(5);
  const explained = (org: string) => vigia(['explain', org], env());
  const { stdout } = await explained('acme');
  expect(stdout).toMatch(/a restart of the server undoes the last command/);
  expect(stdout).not.toMatch(/also holds after a restart/);
  expect((await explained('org-000')).stdout).toMatch(/This also holds after a restart of the server/);
});
it('a server that stops before its answer leads to one message and exit code 3', async () => {
  harness.stub.answer = () => new Promise(() => undefined);
  const running = start('stop', 'acme');
  await expect.poll(() => commanded('session.stop'), { timeout: 20_000 }).toEqual(['acme']);
  await harness.server.close();
  expect(await running.ended).toBe(3);
  expect(running.stderr).toMatch(
    /^vigia: The connection was lost before session\.stop was answered\. It may have been carried out\.\n$/,
  );
});
it('logout asks for the name on stderr, and reports when WhatsApp did not confirm it', async () => {
  harness.stub.answer = () => ({ ok: true, session: null, changed: true, durable: true, unlinked: false });
  for (const typed of ['acm\n', '', 'y\n']) {
    const asking = start('logout', 'acme');
    asking.child.stdin?.end(typed);
    expect(await asking.ended).toBe(1);
    expect(asking.stdout).toBe('');
    expect(asking.stderr).toMatch(
      typed === ''
        ? /Type acme to confirm: \nvigia: nothing was done/
        : /Type acme to confirm: vigia: nothing was done/,
    );
  }
  expect(commanded('session.logout')).toEqual([]);
  const asking = start('logout', 'acme');
  await asking.says(/Type acme/);
  asking.type('acme\n');
  expect(await asking.ended).toBe(0);
  expect(asking.stderr).toContain('Remove the device on the phone');
  expect(await vigia(['logout', 'acme', '--yes', '--json'], env())).toMatchObject({
    code: 0,
    stdout: '{"orgId":"acme","unlinked":false,"durable":true}\n',
  });
  expect(await vigia(['logout', 'unknown', '--yes'], env())).toMatchObject({
    code: 1,
    stderr: 'vigia: There is no organization "unknown" here.\n',
  });
  expect(commanded('session.logout')).toEqual(['acme', 'acme']);
});
it('without a linked phone, restore asks for a pairing, and logout only removes the session', async () => {
  const session = viewOf('bare', { state: 'idle', liveness: null, credentials: 'unpaired', account: null });
  harness.sessions.set('bare', session);
  harness.stub.answer = () => ({ ok: true, session, changed: false, durable: true });
  expect(await vigia(['restore', 'bare'], env())).toMatchObject({
    code: 1,
    stdout: '✗ bare  idle  Not linked: pair it.\n',
  });
  harness.stub.answer = () => ({ ok: true, session: null, changed: true, durable: true, unlinked: false });
  expect(await vigia(['logout', 'bare', '--yes'], env())).toMatchObject({
    code: 0,
    stdout: '"bare" was removed from the list. No phone was ever linked to it.\n',
    stderr: '',
  });
});
it('explain has three lines that fit the terminal, with the helpful commands as they are typed', async () => {
  harness.sessions.set(
    'acme',
    viewOf('acme', { state: 'failed', liveness: null, lastError: { reason: 'locked', at: 0 } }),
  );
  const { code, stdout } = await vigia(['explain', 'acme'], env());
  expect(code).toBe(0);
  const [what, next, you] = stdout.split('\n');
  expect(what).toMatch(/^what {2}"acme" has failed \(since .* UTC, for .*\)\. WhatsApp locked this account/);
  expect(next).toMatch(/^next {2}Nothing happens by itself/);
  expect(you).toMatch(/^you {3}Open WhatsApp on the phone.* To restore it: "vigia restore acme --force"\.$/);
  expect(stdout).not.toMatch(/session\.|logout/);
  const narrow = await inProcess(['explain', 'acme', '--no-color'], env(), 40);
  const lines = narrow.stdout.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(6);
  for (const line of lines) expect(line).toMatch(/^(what {2}|next {2}|you {3}| {6})\S.{0,33}$/);
});
it('watch writes a line or an object for each wanted event, and never a QR in a line', async () => {
  const lines = start('watch', 'acme', '--pairing');
  const objects = start('watch', '--json', '--pairing');
  await lines.says(/1 session: 1 connected/);
  await objects.says(/"kind":"snapshot"/);
  const view = viewOf('acme', {
    state: 'retrying',
    revision: 8,
    lastError: { reason: 'network', at: 0 },
    nextRetryAt: Date.now() + 5_500,
  });
  harness.feed.publish({
    type: 'session.updated',
    org: 'acme',
    view,
    previousState: 'connected',
    cause: 'x',
    durable: true,
  });
  harness.feed.publish({ type: 'session.removed', org: 'org-001', revision: 8 });
  const update = {
    status: 'qr',
    pairingId: 'p',
    qr: 'a-secret-qr',
    attempt: 1,
    expiresAt: Date.now(),
  } as const;
  harness.feed.publish({ type: 'pairing.updated', org: 'acme', update });
  await lines.says(/QR number 1/);
  expect(lines.stdout).toMatch(
    /^[\d:]{8} acme connected → retrying \(network, next try in \d s\)\n[\d:]{8} acme pairing: QR number 1\n$/,
  );
  await objects.says(/a-secret-qr/);
  expect(
    objects.objects.slice(1).map((o) => (o as { event: { type: string; orgId: string } }).event),
  ).toMatchObject([
    { type: 'session.updated', orgId: 'acme' },
    { type: 'session.removed', orgId: 'org-001' },
    { type: 'pairing.updated', orgId: 'acme' },
  ]);
  objects.child.stdout?.destroy(); // `vigia watch | head`
  for (let revision = 9; revision < 40; revision += 1)
    harness.feed.publish({
      type: 'session.updated',
      org: 'acme',
      view,
      previousState: 'connected',
      cause: 'x',
      durable: true,
    });
  expect(await objects.ended).toBe(0);
});
