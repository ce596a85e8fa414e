/** The commands for alerts, deliveries and pairing links, with the real control API. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { adminKey, alertLike, deliveryLike, type Harness, startHarness, viewOf } from '../control/harness.ts';
import { CommandLine } from '../support/command-line.ts';
import { inProcess } from '../support/in-process.ts';

let harness: Harness;
beforeEach(async () => {
  harness = await startHarness({}, [
    viewOf('acme'),
    viewOf('bakery', { state: 'failed', liveness: null, lastError: { reason: 'revoked', at: 0 } }),
    viewOf('clinic', { state: 'retrying', liveness: null }),
  ]);
});
afterEach(() => harness.stop());
const env = () => ({ VIGIA_API_KEY: adminKey, VIGIA_URL: harness.server.url });
const run = (...args: string[]) => inProcess(args, env());

it('alerts lists what fires with what to do, and silences it', async () => {
  expect(await run('alerts')).toMatchObject({ code: 0, stdout: '', stderr: 'No alert is firing.\n' });
  harness.stub.alerts.set('f-1', alertLike({ summary: 'Some\u001bthing happened.' }));
  const ended = alertLike({
    fingerprint: 'f-2',
    orgId: null,
    status: 'resolved',
    endsAt: new Date().toISOString(),
  });
  harness.stub.alerts.set('f-2', ended);
  const { stdout } = await run('alerts');
  expect(stdout).toMatch(
    /^critical {2}acme: .*Out, firing for \d+ d\n {4}Something happened\. Do .* it\.\n {4}fingerprint f-1\n$/,
  );
  expect((await run('alerts', 'list', '--status', 'all')).stdout).toMatch(
    /\ncritical {2}the server: SessionLoggedOut, ended \d s ago\n/,
  );
  const silenced = await run('alerts', 'silence', 'f-1', '--until', '2h', '--json');
  const until = Date.parse(String(silenced.objects()[0]?.['silencedUntil']));
  expect(Math.abs(until - Date.now() - 2 * 3_600_000)).toBeLessThan(120_000);
  expect((await run('alerts')).stdout).toMatch(/silenced until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC\n/);
  expect((await run('alerts', 'unsilence', 'f-1')).stdout).toBe(
    'SessionLoggedOut of acme is no longer silenced.\n',
  );
  expect(await run('alerts', 'silence', 'f-9')).toMatchObject({
    code: 1,
    stderr: 'vigia: There is no firing alert "f-9" here.\n',
  });
  for (const when of ['soon', '2000-01-01T00:00:00Z'])
    expect((await run('alerts', 'silence', 'f-1', '--until', when)).code).toBe(2);
});

it('webhooks lists deliveries, repeats them, and tests an endpoint', async () => {
  const dead = deliveryLike({ id: 'django/evt_2', status: 'dead', nextAttemptAt: null, attempts: 9 });
  harness.stub.deliveries.push(dead);
  const { stdout } = await run('webhooks');
  expect(stdout).toMatch(/^DELIVERY +TYPE +STATUS +ATTEMPTS +CREATED +NEXT +LAST ANSWER\n/);
  expect(stdout).toMatch(/^django\/evt_2 +session\.updated +dead +9 +\d+ d ago +http_500$/m);
  expect((await run('webhooks', 'list', '--status', 'dead', '--json')).objects()).toMatchObject([
    { id: dead.id },
  ]);
  expect((await run('webhooks', '--limit', '1')).stderr).toMatch(/These are the newest 1; there are more/);
  expect(await run('webhooks', 'redeliver', '--dead')).toMatchObject({
    code: 0,
    stdout: '✓ django/evt_2  queued\n',
  });
  expect(await run('webhooks', 'redeliver', 'django/evt_1', 'django/evt_9')).toMatchObject({
    code: 5,
    stdout: '✓ django/evt_1  queued\n✗ django/evt_9  There is no delivery "django/evt_9" here.\n',
  });
  for (const args of [[], ['--dead', 'django/evt_1']])
    expect((await run('webhooks', 'redeliver', ...args)).code).toBe(2);
  expect((await run('webhooks', 'test', 'django')).stdout).toBe(
    'delivered: "django" answered with HTTP 200 after 12 ms.\n',
  );
  harness.stub.tests.set('slow', { status: null, error: 'timeout', durationMs: 9 } as never);
  expect(await run('webhooks', 'test', 'slow')).toMatchObject({
    code: 1,
    stdout: 'not delivered: "slow" gave no answer after 9 ms (timeout).\n',
  });
});

it('link writes a link to stdout, its end to stderr, and lists it without its address', async () => {
  const { code, stdout, stderr } = await run('link', 'acme', '--expires', '2h', '--method', 'qr');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^https:\/\/vigia\.example\/link#[\w-]{43}\n$/);
  expect(stderr).toMatch(/until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC \(in /);
  const id = /vigia link revoke (link_[\w-]+)/.exec(stderr)?.[1] ?? '';
  const listed = await run('link', 'list', 'acme');
  expect(listed.stdout).toMatch(new RegExp(`^${id} +acme +open +0 of \\d+ `, 'm'));
  expect(listed.stdout).not.toContain(stdout.split('#')[1]?.trim());
  expect((await run('link', 'revoke', id)).stdout).toBe(`The link ${id} is revoked.\n`);
  expect((await run('link', 'revoke', id, '--json')).objects()).toEqual([{ linkId: id, changed: false }]);
  expect((await run('link', 'list', 'clinic')).stderr).toBe('There are no pairing links.\n');
  expect((await run('link', 'acme', '--json')).objects()).toMatchObject([{ orgId: 'acme', status: 'open' }]);
  expect((await run('link', 'revoke', 'link_none')).code).toBe(1);
  for (const args of [['link'], ['link', 'acme', '--expires', '8d'], ['link', 'acme', '--expires', '10s']])
    expect((await run(...args)).code).toBe(2);
});

it('status --state shows several states, and follows sessions into them and out of them', async () => {
  const ids = async (...args: string[]) =>
    (await run('status', '--json', ...args)).objects().map(({ orgId }) => orgId);
  expect(await ids('--state', 'failed')).toEqual(['bakery']);
  expect(await ids('--state', 'failed,RETRYING')).toEqual(['bakery', 'clinic']);
  expect(await ids('--state', 'failed', 'retrying')).toEqual(['bakery', 'clinic']);
  expect(await ids('--state', 'failed', '--state', 'connected')).toEqual(['acme', 'bakery']);
  expect((await run('status', '--state', 'pairing')).stdout).toBe('0 sessions\n');
  const watching = new CommandLine(['status', '--watch', '--state', 'failed'], env());
  try {
    await watching.says(/1 session: 1 failed/);
    const become = (org: string, over: Parameters<typeof viewOf>[1]) =>
      harness.feed.publish({
        ...{ type: 'session.updated', org, previousState: 'connected', cause: 'x', durable: true },
        view: viewOf(org, over),
      });
    become('clinic', { revision: 8 });
    become('acme', { state: 'failed', liveness: null, revision: 8, lastError: { reason: 'locked', at: 0 } });
    await watching.says(/\nacme +failed .*locked/);
    become('acme', { revision: 9 });
    await watching.says(/\nacme +connected/);
    expect(watching.stdout).not.toContain('clinic');
  } finally {
    watching.child.kill('SIGKILL');
  }
});
