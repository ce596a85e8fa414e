/** The curl lines of docs/integrators/MESSAGES.md, between two programs on the fake WhatsApp server. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { events } from '../../src/protocol/events.ts';
import { methods } from '../../src/protocol/methods.ts';
import { runs, whyMissing } from '../support/debian.ts';
import { type End, openTwoEnds } from '../support/messaging.ts';
import { apiKey } from '../support/program.ts';
import { until } from '../support/until.ts';
import { MediaHost } from '../support/whatsapp/relay/media-host.ts';

const root = join(import.meta.dirname, '../..');
it('MIGRATING.md names only methods and events of ours that exist', async () => {
  const page = await readFile(join(root, 'docs/integrators/MIGRATING.md'), 'utf8');
  const ours = [...page.matchAll(/^\|[^|]*\|(.*)\|$/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`((?:message|inbox|chat|contact|group)\.\w+)`/g)].map(([, name = '']) => name),
  );
  expect(new Set(ours).size).toBeGreaterThan(10);
  const known = [...Object.keys(methods), ...Object.keys(events)];
  expect(ours.filter((name) => !known.includes(name))).toEqual([]);
});

const missing = whyMissing(() => runs('curl', ['--version']), 'curl');

describe.skipIf(missing !== undefined)(`the lines of MESSAGES.md${missing ? ` (${missing})` : ''}`, () => {
  let ends: Awaited<ReturnType<typeof openTwoEnds>>;
  let acme: End;
  let beta: End;
  let home: string;
  const host = new MediaHost();
  let blocks: readonly string[];
  const file = 'a small invoice\n'.repeat(500);
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'vigia-messages-'));
    await writeFile(join(home, 'media-host.pem'), host.cert);
    ends = await openTwoEnds({
      MESSAGES_KEEP_HOURS: '24',
      NODE_EXTRA_CA_CERTS: join(home, 'media-host.pem'),
    });
    ({ acme, beta } = ends);
    ends.whatsapp.relay.mediaHosts.push(await host.listen());
    await writeFile(join(home, '.curlrc'), 'silent\nshow-error\nfail-with-body\n');
    await writeFile(join(home, 'invoice.pdf'), file);
    const page = await readFile(join(root, 'docs/integrators/MESSAGES.md'), 'utf8');
    blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code = '']) => code);
  });
  afterAll(async () => {
    await ends.close();
    await host.close();
    await rm(home, { recursive: true });
  });

  /** Runs the line that has all of `words`. `changes`: the values of this run in place of the page's. */
  const run = async (end: End, words: readonly string[], changes: Readonly<Record<string, string>> = {}) => {
    const block = blocks.find((code) => words.every((word) => code.includes(word)));
    let code = (block ?? '').replace('http://127.0.0.1:3000', await end.program.url());
    for (const [given, value] of Object.entries(changes)) {
      expect(code).toContain(given);
      code = code.replaceAll(given, value);
    }
    const env = { PATH: process.env['PATH'] ?? '', KEY: apiKey, CURL_HOME: home };
    return (await promisify(execFile)('sh', ['-c', code], { env, cwd: home, encoding: 'utf8' })).stdout;
  };

  it('are all run here', () => {
    expect(blocks.length).toBe(6);
  });
  it('send a message, show what became of it, and list it where it arrived', async () => {
    const send = () => run(acme, ['message.send', 'order-881'], { '34600111222': beta.phone });
    const { message, replayed } = JSON.parse(await send());
    expect([message.id, message.state, replayed]).toEqual([expect.stringMatching(/^msg_/), 'queued', false]);
    const sent = await until('it to be delivered', async () => {
      const answer = await run(acme, ['message.get'], { msg_3EB0A1B2C3D4E5F6A7B8C9: message.id });
      const { state } = JSON.parse(answer).message;
      return state === 'delivered' && state;
    });
    expect(sent).toBe('delivered');
    expect(JSON.parse(await send())).toMatchObject({ replayed: true, message: { id: message.id } });
    const { items } = JSON.parse(await run(beta, ['inbox.list'], { acme: 'beta' }));
    expect(items).toMatchObject([
      { type: 'message.received', seq: 1, message: { text: { body: 'Your order is on its way.' } } },
    ]);
  });
  it('upload a file, send it, and fetch it where it arrived', async () => {
    const { mediaId } = JSON.parse(await run(acme, ['/v1/media?orgId=acme']));
    const sent = await run(acme, ['message.send', 'invoice-881'], {
      '34600111222': beta.phone,
      med_1: mediaId,
    });
    const { message } = JSON.parse(sent);
    await acme.settled(message.id, ['delivered']);
    const arrived = await until('the document', () =>
      beta.posted('message.received').find(({ data }) => data.message.type === 'document'),
    );
    expect(arrived.data.message.document).toMatchObject({ filename: 'invoice.pdf', bytes: file.length });
    await run(beta, ['-o received'], { med_2: arrived.data.message.document.mediaId });
    expect(await readFile(join(home, 'received'), 'utf8')).toBe(file);
  });
});
