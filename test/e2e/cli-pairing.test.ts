/**
 * `vigia pair` against the built program and a phone: the QR that is in the terminal is the QR that links.
 */
import { encode } from 'uqr';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { CommandLine } from '../support/command-line.ts';
import { apiKey, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const whatsapp = new FakeWhatsApp();
const running: CommandLine[] = [];
let harness: ProgramHarness;
let client: Client;
let env: Record<string, string>;
beforeAll(async () => {
  harness = await ProgramHarness.at(await whatsapp.listen());
  const program = harness.start();
  client = await harness.client(program);
  env = { VIGIA_URL: await program.url(), VIGIA_API_KEY: apiKey };
});
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await harness.close();
  await whatsapp.close();
});
const pair = (...args: string[]) => {
  const one = new CommandLine(['pair', ...args], env);
  running.push(one);
  return one;
};
/** Half blocks back into modules: true is dark. */
const modulesIn = (output: string): boolean[][] =>
  output
    .split('\n')
    .filter((line) => /^[ ▄▀█]{20,}$/.test(line))
    .flatMap((line) => ['▀', '▄'].map((half) => line.split('').map((c) => c !== '█' && c !== half)));
const qrOf = async (orgId: string) =>
  String(
    (
      await client.event(
        'a QR',
        (e) => e.type === 'pairing.updated' && e.orgId === orgId && e.data.status === 'qr',
      )
    ).data.qr,
  );

it('the QR in the terminal is the one to scan; scanned, it says who is connected', async () => {
  const pairing = pair('acme');
  const qr = await qrOf('acme');
  await pairing.says(/Anyone who scans it/);
  const { data, size } = encode(qr, { border: 2, ecc: 'L' });
  expect(modulesIn(pairing.stdout).slice(0, size)).toEqual(data);
  expect(pairing.stdout).not.toContain('\u001b');
  expect(await whatsapp.scan(qr, { phone: fictionalPhone(1), name: 'Acme' })).toMatchObject({ ok: true });
  expect(await pairing.ended).toBe(0);
  expect(pairing.stdout).toMatch(/^"acme" is linked\.\n"acme" is connected as /m);
  expect(pairing.stderr).toBe('');
});
it('with --json the text of the QR is in the object', async () => {
  const pairing = pair('bakery', '--json');
  const qr = await until('the QR', () => pairing.objects.find((o) => o['status'] === 'qr')?.['qr']);
  expect(await whatsapp.scan(String(qr), { phone: fictionalPhone(2) })).toMatchObject({ ok: true });
  expect(await pairing.ended).toBe(0);
  expect(pairing.objects.map((o) => o['kind'] ?? o['status'])).toEqual([
    'started',
    'qr',
    'linked',
    'connected',
  ]);
});
it('a phone with another number is taken only with --replace-account', async () => {
  const again = async (orgId: string, ...options: string[]) => {
    await client.call('session.stop', { orgId });
    await client.reaches(orgId, 'idle');
    const pairing = pair(orgId, '--json', ...options);
    const qr = await until('the QR', () => pairing.objects.find((o) => o['status'] === 'qr')?.['qr']);
    return { pairing, qr: String(qr) };
  };
  const unsaid = await again('bakery');
  expect(await whatsapp.scan(unsaid.qr, { phone: fictionalPhone(11) })).toMatchObject({ ok: true });
  expect(await unsaid.pairing.ended).toBe(1);
  await client.reaches('bakery', 'failed(wrong_account)');
  const logged = await again('acme', '--replace-account');
  expect(await whatsapp.scan(logged.qr, { phone: fictionalPhone(12) })).toMatchObject({ ok: true });
  expect(await logged.pairing.ended).toBe(0);
  expect((await client.reaches('acme', 'connected')).account?.id).toContain(fictionalPhone(12));
});
it('with --code the code is for that phone, however its number is written', async () => {
  const phone = fictionalPhone(3);
  const pairing = pair('coded', '--code', `+${phone.slice(0, 3)} ${phone.slice(3, 6)}-${phone.slice(6)}`);
  const [, code = ''] = await until(
    'the code',
    () => /and type\n {2}(\w{4}-\w{4})/.exec(pairing.stdout) ?? undefined,
  );
  expect(await whatsapp.enterCode(phone, code.replace('-', ''))).toMatchObject({ ok: true });
  expect(await pairing.ended).toBe(0);
  const wrong = pair('coded', '--code', '12ab');
  expect(await wrong.ended).toBe(2);
  expect(wrong.stderr).toContain('country code');
});
it('Ctrl-C cancels it', async () => {
  const pairing = pair('nobody');
  await pairing.says(/Anyone who scans it/);
  pairing.child.kill('SIGINT');
  expect(await pairing.ended).toBe(130);
  expect(pairing.stderr).toBe('Cancelled.\n');
  await client.reaches('nobody', 'idle');
  expect(await whatsapp.scan(await qrOf('nobody'), { phone: fictionalPhone(4) })).toMatchObject({
    ok: false,
  });
});
it('one that somebody else started is joined; Ctrl-C leaves it going, and their cancelling is told', async () => {
  await client.call('session.pair', { orgId: 'shared' });
  const [first, second] = [pair('shared'), pair('shared')];
  for (const one of [first, second]) await one.says(/joins the pairing[\s\S]*/);
  for (const one of [first, second]) await one.says(/Anyone who scans it/);
  first.child.kill('SIGINT');
  expect(await first.ended).toBe(130);
  expect(await client.get('shared')).toMatchObject({ state: 'pairing' });
  await client.call('session.cancelPairing', { orgId: 'shared' });
  expect(await second.ended).toBe(1);
  expect(second.stderr).toContain('another client cancelled the pairing');
});
it('a step that needs a person is told, and what is linked already is refused with a sentence', async () => {
  whatsapp.options.companionRegRefresh = true;
  const pairing = pair('passkey');
  await pairing.says(/Anyone who scans it/);
  await whatsapp.scan(await qrOf('passkey'), { phone: fictionalPhone(5) });
  await pairing.says(/"passkey" needs an operator: .*will not complete/);
  whatsapp.options.companionRegRefresh = false;
  pairing.child.kill('SIGINT');
  expect(await pairing.ended).toBe(130);
  const linked = pair('acme');
  expect(await linked.ended).toBe(1);
  expect(linked.stderr).toMatch(/^vigia: "acme" is connected: it is already linked/);
});
