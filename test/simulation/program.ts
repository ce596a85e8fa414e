/**
 * One process: the real machines, records, scanner, pairings, archive, connections and credentials store,
 * composed as `src/app/app.ts` composes them, over the disk and the WhatsApp of the simulation. Without the
 * control API and the log.
 */

import { toPromise } from 'xstate';
import { defaultPolicy } from '../../machines/domain/policy.ts';
import type { ConnectionInput, Org } from '../../machines/domain/ports.ts';
import type { FleetEvent } from '../../src/app/events.ts';
import { supervise } from '../../src/app/supervise.ts';
import type { WriteLog } from '../../src/base/log.ts';
import type { Disk } from '../../src/disk/disk.ts';
import { openJournal } from '../../src/offline/journal.ts';
import { createArchive } from '../../src/sessions/archive.ts';
import { readCredentials } from '../../src/sessions/credentials.ts';
import { probeCaseFolding } from '../../src/sessions/ids.ts';
import { layoutOf, prepareLayout } from '../../src/sessions/layout.ts';
import { createObservations } from '../../src/sessions/observations.ts';
import { createPairings } from '../../src/sessions/pairing.ts';
import { createRecords, tidyRecords } from '../../src/sessions/records.ts';
import { createScanner } from '../../src/sessions/scan.ts';
import { openConnections } from '../../src/whatsapp/connections.ts';
import { openStore } from '../../src/whatsapp/store/open-store.ts';
import type { Store, StoreEvents } from '../../src/whatsapp/store/types.ts';
import type { Clock } from './clock.ts';
import type { Rng } from './rng.ts';
import { SimulatedSocket, type SocketOwner } from './socket.ts';
import { root } from './volume.ts';
import type { WhatsApp } from './whatsapp.ts';

export interface ProgramOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly whatsapp: WhatsApp;
  readonly stillOurs: () => boolean;
  readonly onEvent: (event: FleetEvent) => void;
  readonly granted: (org: Org) => void;
  readonly renewVersion: () => boolean;
  readonly onEnded: () => void;
  readonly log: WriteLog;
}
const scanEveryMs = 30_000;
const archiveDeadlineMs = 15_000;

/** Opens everything that works on the disk, in the order of the program. */
const openAdapters = async (o: ProgramOptions) => {
  const { disk, clock, log } = o;
  const now = clock.wall;
  const layout = layoutOf(root);
  await disk.makeDirectory(layout.own);
  await prepareLayout(disk, layout);
  const journal = await openJournal({ disk, layout, lock: { wasTakenBy: 'other' }, now, log });
  const foldsCase = await probeCaseFolding(disk, layout.own);
  const records = createRecords({ disk, layout, now });
  await tidyRecords(disk, layout);
  const archive = createArchive({ disk, layout, records, now });
  const pairings = createPairings({ disk, layout, records, archive, foldsCase, now, log });
  const lock = { stillOurs: async () => o.stillOurs() };
  const wait = (ms: number) => new Promise<void>((resolve) => void clock.add('program', ms, resolve));
  const observations = createObservations(disk, layout, () => clock.mono);
  const scan = createScanner({
    root,
    disk,
    records,
    pairings,
    lock,
    foldsCase,
    now,
    wait,
    log,
    observations,
  });
  return { layout, journal, records, archive, pairings, observations, scan };
};
type Adapters = Awaited<ReturnType<typeof openAdapters>>;

const openStoreFor = async (
  { disk }: ProgramOptions,
  { layout, journal, pairings, observations }: Adapters,
  input: ConnectionInput,
  on: StoreEvents,
) => {
  if (input.mode === 'pair') {
    const directory = await pairings.prepare(input.org, input.pairing.id);
    return openStore({ disk, directory, mode: 'pair', identify: readCredentials, on });
  }
  return openStore({
    disk,
    directory: layout.organization(input.org),
    mode: 'restore',
    identify: readCredentials,
    expectedFingerprint: input.fingerprint,
    scanned: observations.credentialsOf(input.org),
    journal,
    on,
  });
};

const connectSimulated = (o: ProgramOptions, adapters: Adapters, requestScan: () => void) => {
  const owners = new WeakMap<Store, SocketOwner>();
  const { pingDeadlineMs, deafMs, pairingMs } = defaultPolicy;
  return openConnections({
    versions: { current: () => [2, 3000, 1], renew: async () => false },
    openStore: async (input, on) => {
      const store = await openStoreFor(o, adapters, input, on);
      const { org, mode } = input;
      const pairing = mode === 'pair' && { pairingId: input.pairing.id };
      if (store.kind === 'store') owners.set(store, { org, mode, ...pairing });
      return store;
    },
    pingDeadlineMs,
    deafMs,
    pairingMs,
    now: o.clock.wall,
    log: (org) => (event, fields) => o.log(event, { org, ...fields }),
    onReplaced: requestScan,
    // the time that work takes is not simulated
    queue: { run: async (work) => work(), runWhenQuiet: async (work) => work() },
    openSocket: (options) => {
      const owner = owners.get(options.store);
      if (!owner) throw new Error('a socket was opened on a store that was never opened');
      return new SimulatedSocket(o.whatsapp, owner, options);
    },
  });
};

export const startProgram = async (o: ProgramOptions) => {
  const adapters = await openAdapters(o);
  const { journal, records, archive, pairings, scan } = adapters;
  const connections = connectSimulated(o, adapters, () => requestScan());
  const supervision = supervise({
    records,
    pairings,
    archive,
    scan,
    connections,
    policy: defaultPolicy,
    clock: { now: o.clock.wall },
    random: o.rng.next,
    build: '1.0.0',
    scanEveryMs,
    archiveDeadlineMs,
  });
  const { sessions, executeCommand, supervisor, requestScan } = supervision;
  const onEvent = (event: FleetEvent) => {
    o.onEvent(event);
    if (event.type === 'version.refused')
      return void (o.renewVersion() && supervisor.send({ type: 'version.renewed' }));
    // the program logs the failure, and a later scan repeats the work
    void supervision.follow(event)?.catch(() => undefined);
  };
  supervisor.on('*', onEvent);
  supervisor.on('root.lost', () => void toPromise(supervisor).finally(o.onEnded));
  supervisor.subscribe({
    error: (error) => {
      throw error;
    },
  });
  supervisor.start();
  const gate = supervision.gate();
  if (!gate) throw new Error('the supervisor was started without its gate');
  gate.on('*', (event) => {
    if (event.type === 'slot.granted') o.granted(event.org);
    else onEvent(event);
  });
  return {
    sessions,
    executeCommand,
    supervisor,
    gate,
    requestScan,
    stop: async () => {
      await supervision.shutDown();
      await journal.close();
    },
  };
};
export type Program = Awaited<ReturnType<typeof startProgram>>;
