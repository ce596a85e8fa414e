/** A contact cannot read a message and asks for it again, and connections are lost while it is sent again. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRegister } from '../../src/whatsapp/connection-register.ts';
import { until } from '../support/until.ts';
import { trustTestRoot } from '../support/whatsapp/certificate.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';
import { attr } from '../support/whatsapp/stanza.ts';
import { organizations, Peer } from '../support/whatsapp/two-organizations.ts';

const { acme: a, bistro: b } = organizations;
/** Without forgiveness the library gives up at the third attempt. */
const lostAttempts = 3;
const server = new FakeWhatsApp({ relay: true, offlineDelayMs: 1 });
const register = createRegister();
const counters = register.retriesOf('acme');
let distrust: () => void;
let acme: Peer;
let bistro: Peer;

beforeEach(async () => {
  distrust = trustTestRoot();
  const url = await server.listen();
  acme = await Peer.connect(url, { ...a, config: { msgRetryCounterCache: counters } });
  bistro = await Peer.connect(url, b);
});
afterEach(async () => {
  await server.close();
  await Promise.all([acme.end(), bistro.end()]);
  distrust();
});

it('sends a message again until an attempt survives', async () => {
  await acme.send(b.phone, 'before');
  await bistro.message('before');
  bistro.loseSessions();
  let lost = 0;
  server.relay.watchers.add((direction, { phone }, stanza) => {
    if (direction !== 'to' || phone !== a.phone || attr(stanza, 'type') !== 'retry') return;
    // the receipt arrives, and nothing leaves the connection after it
    if (lost < lostAttempts) setImmediate(() => server.strike(a.phone, { kind: 'freeze' }));
    lost += 1;
  });
  const id = await acme.send(b.phone, 'lost at first');
  for (let n = 1; n <= lostAttempts; n += 1) {
    await until('an attempt', () => lost >= n && counters.keys().some((key) => key.startsWith(id)));
    server.strike(a.phone, { kind: 'cut', how: 'reset' });
    await acme.end();
    expect(register.retriesOf('acme')).toBe(counters);
    await acme.reconnect();
  }
  expect(await bistro.message('lost at first')).toMatchObject({ id });
});
