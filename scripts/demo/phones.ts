/**
 * The phones of the demo. A Unix socket in its directory lets another terminal use them:
 * `npm run demo -- scan ORG`.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Client } from '../../test/support/client.ts';
import { fictionalPhone } from '../../test/support/whatsapp/credentials.ts';
import type { FakeWhatsApp } from '../../test/support/whatsapp/server.ts';
import type { Deed } from './act.ts';

export interface Phones {
  close(): Promise<void>;
}
interface Pairing {
  readonly method: 'qr' | 'code';
  readonly qr: { readonly text: string } | null;
  readonly code: { readonly text: string } | null;
}

const firstNewPhone = 100;
/** A QR or a code arrives about a second after the start of a pairing. */
const tries = 100;
const everyMs = 100;
const failed = (message: string): Deed => ({ ok: false, message });

export const openPhones = async (
  socketPath: string,
  whatsapp: FakeWhatsApp,
  client: () => Client | undefined,
): Promise<Phones> => {
  const numbers = new Map<string, string>();
  /** The phone of an organization: that of its account, or a new one, which it keeps. */
  const phoneOf = async (vigia: Client, org: string): Promise<string> => {
    const account = (await vigia.get(org))?.account?.id.split(/[:@]/)[0];
    const phone = account ?? numbers.get(org) ?? fictionalPhone(firstNewPhone + numbers.size);
    numbers.set(org, phone);
    return phone;
  };
  const pairingOf = async (vigia: Client, orgId: string): Promise<Pairing | undefined> => {
    for (let n = 0; n < tries; n += 1) {
      if ((await vigia.get(orgId)) === undefined) return undefined;
      const { pairing } = (await vigia.call('session.pairing', { orgId })) as { pairing: Pairing | null };
      if (pairing === null) return undefined;
      if (pairing.qr !== null || pairing.code !== null) return pairing;
      await wait(everyMs);
    }
    return undefined;
  };
  const scan = async (vigia: Client, org: string, given: string | undefined): Promise<Deed> => {
    const pairing = await pairingOf(vigia, org);
    if (pairing === undefined) return failed(`"${org}" is not being paired. Start a pairing first.`);
    if (pairing.code !== null && given === undefined)
      return failed(`The pairing of "${org}" uses a code. Add the phone that types it: scan ${org} PHONE`);
    const phone = given?.replaceAll(/\D/g, '') ?? (await phoneOf(vigia, org));
    const outcome =
      pairing.code === null
        ? await whatsapp.scan(pairing.qr?.text ?? '', { phone, name: org })
        : await whatsapp.enterCode(phone, pairing.code.text, { name: org });
    if (outcome.ok) numbers.set(org, phone);
    return { ok: outcome.ok, message: outcome.ok ? `The phone +${phone} linked "${org}".` : outcome.message };
  };
  const act = async (action: string, org: string, given: string | undefined): Promise<Deed> => {
    const vigia = client();
    if (vigia === undefined) return failed('The demo restarts Vigía now. Try again in a few seconds.');
    if (action === 'scan') return scan(vigia, org, given);
    const phone = (await vigia.get(org))?.account?.id.split(/[:@]/)[0];
    if (phone === undefined) return failed(`"${org}" has no linked phone.`);
    if (action === 'unlink') whatsapp.revoke(phone);
    else if (action !== 'cut') return failed(`The demo knows no "${action}".`);
    else if (whatsapp.strike(phone, { kind: 'cut', how: 'reset' }) === 0)
      return failed(`"${org}" is not connected.`);
    return { ok: true, message: action === 'cut' ? `"${org}" was cut.` : `+${phone} removed "${org}".` };
  };
  const answer = async ({ url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(url, 'http://demo');
    const [, action = '', org = ''] = pathname.split('/');
    const deed = await act(action, decodeURIComponent(org), searchParams.get('phone') ?? undefined).catch(
      (error: unknown) => failed(error instanceof Error ? error.message : String(error)),
    );
    response.end(JSON.stringify(deed));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
