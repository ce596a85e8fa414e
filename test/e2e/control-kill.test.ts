/**
 * kill -9 of the built program under fifty clients that are subscribed, while sessions change all the time.
 * Each client keeps what it was told; in the end all of them must hold exactly the truth, and whoever missed
 * a change must have been told that something may be missing. Between the kills their connections are cut as
 * well: then nothing may be missing at all.
 */

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import {
  type Client,
  connect,
  type Session,
  type SocketConstructor,
  type Update,
} from '../../src/client/client.ts';
import { apiKey, type Program, ProgramHarness } from '../support/program.ts';
import { until } from '../support/until.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const crowd = 50;
const orgs = ['1', '2', '3', '4', '5', '6'];
const kills = 3;

/** What one client was told, and whatever did not follow from what it had been told before. */
class Witness {
  readonly sessions = new Map<string, Session>();
  readonly contradictions: string[] = [];
  snapshots = 0;
  resumed = 0;
  events = 0;
  onMessage(update: Update): void {
    if (update.kind === 'resumed') this.resumed += 1;
    if (update.kind === 'snapshot') {
      this.snapshots += 1;
      this.sessions.clear();
      for (const session of update.sessions) this.sessions.set(session.orgId, session);
    }
    if (update.kind !== 'event') return;
    const { type, orgId, data } = update.event;
    if (type === 'session.removed') this.sessions.delete(orgId ?? '');
    if (type !== 'session.created' && type !== 'session.updated') return;
    this.events += 1;
    const { session } = data as { readonly session: Session };
    const known = this.sessions.get(session.orgId);
    if (known && session.revision <= known.revision) return; // the snapshot had it already
    // every change has a revision of its own, one after the other: a number that is left out is a change that
    // was not told
    if (known && session.revision > known.revision + 1)
      this.contradictions.push(
        `${session.orgId} went from revision ${known.revision} to ${session.revision}`,
      );
    this.sessions.set(session.orgId, session);
  }
}

const whatsapp = new FakeWhatsApp();
let harness: ProgramHarness;
let env: Record<string, string>;
const clients: Client[] = [];
const sockets = new Set<WebSocket>();
beforeAll(async () => {
  harness = await ProgramHarness.at(await whatsapp.listen());
  for (const [n, org] of orgs.entries())
    await seedCredentials(harness.org(org), { phone: fictionalPhone(n + 1), device: 1 });
  const probe = createServer().listen(0, '127.0.0.1'); // a port that is free, to come back on
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  env = { PORT: String(port), MAX_CONNECTIONS_PER_KEY: '100', MAX_CONNECTIONS_PER_ADDRESS: '100' };
});
afterAll(async () => {
  for (const client of clients) client.close();
  await harness.close();
  await whatsapp.close();
});

class TrackedSocket extends WebSocket {
  constructor(...args: ConstructorParameters<typeof WebSocket>) {
    super(...args);
    sockets.add(this);
    this.on('close', () => sockets.delete(this));
  }
}
const rpc = async (url: string, method: string, params: object = {}): Promise<Record<string, unknown>> => {
  const response = await fetch(`${url}/v1/rpc`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { result } = (await response.json()) as { result?: Record<string, unknown> };
  return result ?? {};
};
/**
 * Stops and restores one session after the other, whether somebody listens or not, until it is told to end.
 */
const churn = (url: string) => {
  let isOver = false;
  const running = (async () => {
    for (let n = 0; !isOver; n += 1) {
      const orgId = orgs[n % orgs.length];
      // it was killed: go on
      await rpc(url, n % 4 < 2 ? 'session.stop' : 'session.restore', { orgId }).catch(() => wait(50));
      await wait(20);
    }
  })();
  return async () => {
    isOver = true;
    await running;
  };
};
const truth = async (url: string): Promise<readonly Session[]> =>
  (await rpc(url, 'session.list', { limit: 500 }))['items'] as Session[];

it('fifty clients end with exactly the truth, and none missed a change without being told', {
  timeout: 300_000,
}, async () => {
  let program: Program = harness.start(env);
  const url = await program.url();
  const witnesses = Array.from({ length: crowd }, () => {
    const client = connect({ url, apiKey, WebSocket: TrackedSocket as unknown as SocketConstructor });
    clients.push(client);
    const witness = new Witness();
    client.subscribe({ topics: ['sessions'] }, (update) => witness.onMessage(update));
    return witness;
  });
  const all = (holds: (witness: Witness) => boolean) => witnesses.every(holds);
  await until('every client to have begun', () => all(({ snapshots }) => snapshots === 1));
  const stopChurning = churn(url);
  for (let killed = 0; killed < kills; killed += 1) {
    const before = witnesses.map(({ events }) => events);
    await until('changes to be told to all', () =>
      all((witness) => witness.events >= (before[witnesses.indexOf(witness)] ?? 0) + 10),
    );
    // connections are lost, the server is not: what is missed is held, and is sent
    const resumedBefore = witnesses.map(({ resumed }) => resumed);
    for (const socket of sockets) socket.terminate();
    await until('every client to have resumed', () =>
      witnesses.every(({ resumed }, n) => resumed > (resumedBefore[n] ?? 0)),
    );
    expect(all(({ snapshots }) => snapshots === killed + 1)).toBe(true);

    await program.kill();
    program = harness.start(env);
    await until('every client to have been told that something may be missing', () =>
      all(({ snapshots }) => snapshots === killed + 2),
    );
  }
  await stopChurning();
  for (const orgId of orgs)
    await until(
      `${orgId} to be accepted`,
      async () => 'session' in (await rpc(url, 'session.restore', { orgId })),
    );
  let sessions = await truth(url);
  await until('every session to be well', async () => {
    sessions = await truth(url);
    return (
      sessions.length === orgs.length &&
      sessions.every(({ state, liveness }) => state === 'connected' && liveness === 'healthy')
    );
  });
  const held = (witness: Witness) => orgs.map((org) => witness.sessions.get(org));
  await until('every client to hold the newest', () =>
    all((witness) =>
      sessions.every(({ orgId, revision }) => (witness.sessions.get(orgId)?.revision ?? 0) >= revision),
    ),
  );
  expect(await truth(url)).toEqual(sessions); // it held still meanwhile
  for (const witness of witnesses) {
    expect(witness.contradictions).toEqual([]);
    expect(held(witness)).toEqual(sessions);
    expect(witness.sessions.size).toBe(orgs.length);
    expect(witness.snapshots).toBe(kills + 1);
  }
  expect(whatsapp.stats()).toMatchObject({ doubleLogins: 0, deadLogins: 0 });
});
