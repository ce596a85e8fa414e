/** `vigia send` and `vigia messages` against two programs. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CommandLine } from '../support/command-line.ts';
import { openTwoEnds } from '../support/messaging.ts';
import { apiKey } from '../support/program.ts';
import { until } from '../support/until.ts';

let ends: Awaited<ReturnType<typeof openTwoEnds>>;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  ends = await openTwoEnds();
  folder = await mkdtemp(join(tmpdir(), 'vigia-send-'));
  await writeFile(join(folder, 'key'), apiKey);
  env = { VIGIA_URL: await ends.acme.program.url() };
});
afterAll(async () => {
  await ends.close();
  await rm(folder, { recursive: true, force: true });
});
const start = (...args: string[]) => new CommandLine([...args, '--key-file', join(folder, 'key')], env);
const vigia = async (args: readonly string[], stdin?: string) => {
  const running = start(...args);
  if (stdin !== undefined) running.child.stdin?.end(stdin);
  return { code: await running.ended, running };
};
const arrived = (text: string) => until(`"${text}" to arrive`, () => ends.beta.texts().includes(text));

it('sends a text, and prints the key with which the call can be repeated', async () => {
  const { code, running } = await vigia(['send', 'acme', ends.beta.phone, 'from a terminal', '--wait']);
  expect([code, running.stdout]).toEqual([0, expect.stringMatching(/^msg_\S+ {2}(sent|delivered|read)\n$/)]);
  const [, key = ''] = /^key (\S+)$/m.exec(running.stderr) ?? [];
  await arrived('from a terminal');
  const again = await vigia(['send', 'acme', ends.beta.phone, 'from a terminal', '--key', key, '--json']);
  expect([again.code, again.running.objects]).toMatchObject([0, [{ replayed: true, idempotencyKey: key }]]);
  const other = await vigia(['send', 'acme', ends.beta.phone, 'another text', '--key', key]);
  expect([other.code, other.running.stderr]).toMatchObject([1, expect.stringMatching(/key/)]);
});
it('reads the text from stdin, in whole characters', async () => {
  const text = 'línea uno\nlínea dos 😀';
  expect((await vigia(['send', 'acme', ends.beta.phone, '-', '--key', 's-1'], `${text}\n`)).code).toBe(0);
  await arrived(text);
});
it('sends a file as what it is', async () => {
  await writeFile(join(folder, 'invoice.pdf'), '%PDF-1.4');
  const { code, running } = await vigia([
    ...['send', 'acme', ends.beta.phone, 'the invoice', '--file', join(folder, 'invoice.pdf'), '--json'],
  ]);
  expect([code, running.objects]).toMatchObject([0, [{ message: { type: 'document', orgId: 'acme' } }]]);
});
it.each([
  ['nothing to send', ['send', 'acme', '99900000002'], 2, /nothing to send/],
  ['a file that is not there', ['send', 'acme', '99900000002', '--file', '/no/such'], 2, /not a file/],
  ['a wrong recipient', ['send', 'acme', '+999', 'x'], 2, /phone number/],
  ['an unknown organization', ['send', 'gone', '99900000002', 'x'], 1, /no organization/],
  ['a number without WhatsApp', ['send', 'acme', '99977777777', 'x', '--wait'], 1, /WhatsApp/],
])('ends %s with its exit code and a sentence', async (_, args, expected, says) => {
  const { code, running } = await vigia(args, '');
  expect([code, running.stdout + running.stderr]).toEqual([expected, expect.stringMatching(says)]);
});
it('lists what was sent without its content, and shows with --watch what arrives', async () => {
  const listed = await vigia(['messages', 'acme']);
  expect(listed.code).toBe(0);
  expect(listed.running.stdout).toMatch(/msg_\S+ {2}to 99900000002 {2}text {2}\w+/);
  expect(listed.running.stdout).not.toContain('from a terminal');
  expect(listed.running.stderr).toMatch(/in 24 hours \d+ sent/);
  const watching = start('messages', 'acme', '--watch');
  await until('the subscription', async () => {
    await ends.beta.send(ends.acme, 'hello \u001b[31macme', `w-${Math.random()}`);
    return /from 99900000002 .*text: hello .*acme/.test(watching.stdout);
  });
  expect(watching.stdout).not.toContain('\u001b[31m');
  watching.child.kill('SIGINT');
  await watching.ended;
});
