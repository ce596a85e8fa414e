/** The story of `npm run demo`: a restore, a pairing, a restart without a phone, and a session that drops. */
import { setTimeout as wait } from 'node:timers/promises';
import { createColors } from 'picocolors';
import { qrLines } from '../../src/cli/qr.ts';
import type { Client, Event } from '../../test/support/client.ts';
import { fictionalPhone } from '../../test/support/whatsapp/credentials.ts';
import { organizations, type Stage } from './stage.ts';

const dropEveryMs = 20_000;
const scanAfterMs = 20_000;
const readingMs = 4_000;
const newcomer = 'new-customer';
type Print = (text: string) => void;

/** A QR wider than the terminal would be broken, so it is not drawn there. */
const drawn = (qr: string): string => {
  const { stdout } = process;
  const { lines, columns } = qrLines(qr, createColors(stdout.isTTY && !process.env['NO_COLOR']));
  const width = stdout.isTTY ? stdout.columns : columns;
  if (width >= columns) return lines.join('\n');
  return `The QR needs ${columns} columns and ${lines.length} rows, and this terminal has ${width} columns.`;
};
/** Resolves when a phone has linked the newcomer: that of another terminal, or the demo's own in the end. */
const pairNewcomer = async (stage: Stage, client: Client, print: Print): Promise<void> => {
  await client.call('session.pair', { orgId: newcomer });
  const isQr = (event: Event) => event.type === 'pairing.updated' && event.data.status === 'qr';
  const first = await client.event('a QR', isQr);
  print(
    `${drawn(String(first.data.qr))}\n\n   Scan it with the phone of the demo, in another terminal:\n\n` +
      `     npm run demo -- scan ${newcomer}\n\n   Otherwise it is scanned in ${scanAfterMs / 1_000} s.`,
  );
  const isLinked = client.reaches(newcomer, 'connected').then(() => true);
  if (await Promise.race([isLinked, wait(scanAfterMs).then(() => false)])) return;
  const latest = client.events.findLast(isQr) ?? first;
  await stage.whatsapp.scan(String(latest.data.qr), { phone: fictionalPhone(99), name: newcomer });
  await isLinked;
};

/** Never resolves. */
export const tell = async (stage: Stage, print: Print): Promise<never> => {
  print('A fake WhatsApp server and Vigía, on a directory with five organizations. Ctrl-C stops both.');
  const first = await stage.start(organizations);
  print(`All five are connected. In another terminal, from this directory:

     ${stage.command} status --watch
     ${stage.command} open`);
  await wait(readingMs);

  print(`A new customer is paired: "${newcomer}" asks for a QR.`);
  await pairNewcomer(stage, first, print);
  await wait(readingMs);

  print('Linked and connected. Now Vigía is stopped and started again, and no phone scans.');
  await stage.stop();
  await stage.start([...organizations, newcomer]);
  const { registrations, doubleLogins } = stage.whatsapp.stats();
  print(
    `All six are connected. QRs requested: ${registrations}. Double logins of a device: ${doubleLogins}.`,
  );
  await wait(readingMs);

  print(`The connection of "flapping" is now cut every ${dropEveryMs / 1_000} s. Ctrl-C stops the demo.`);
  for (;;) {
    await wait(dropEveryMs);
    stage.whatsapp.strike(fictionalPhone(organizations.length), { kind: 'cut', how: 'reset' });
  }
};
