import { createHash } from 'node:crypto';
import type { SessionRecord } from '../../machines/domain/ports.ts';
import type { LogFields, WriteLog } from '../../src/base/log.ts';
import type { LogEvent } from '../../src/base/log-events.ts';
import { createArchive } from '../../src/sessions/archive.ts';
import { classify } from '../../src/sessions/credentials.ts';
import { layoutOf } from '../../src/sessions/layout.ts';
import { createPairings } from '../../src/sessions/pairing.ts';
import { createRecords } from '../../src/sessions/records.ts';
import { createScanner, type ScanRequest } from '../../src/sessions/scan.ts';
import { type MemoryDiskOptions, memoryDisk } from '../support/memory-disk.ts';

const bytes = (seed: string): Buffer => createHash('sha256').update(seed).digest();
const buffer = (seed: string) => ({ type: 'Buffer', data: bytes(seed).toString('base64') });
const pair = (seed: string) => ({ private: buffer(`${seed} private`), public: buffer(`${seed} public`) });

/**
 * As Baileys writes it for a linked device; `device` makes the identity. Another `revision` is another file
 * of the same identity.
 */
export const credentials = (device: string, revision = 1): Record<string, unknown> => ({
  noiseKey: pair(`${device} noise`),
  signedIdentityKey: pair(`${device} identity`),
  signedPreKey: { keyPair: pair(`${device} pre-key`), signature: buffer(`${device} signature`), keyId: 1 },
  registrationId: 222,
  advSecretKey: bytes(`${device} adv`).toString('base64'),
  nextPreKeyId: revision,
  me: { id: `${device}@s.whatsapp.net`, name: 'Optica' },
  account: { details: 'YWJj', accountSignatureKey: 'a2tr' },
});
export const textOf = (creds: unknown): string => JSON.stringify(creds);
export const restorable = (device: string, revision = 1): string => textOf(credentials(device, revision));
export const neverScanned = (device: string): string =>
  textOf({ ...credentials(device), me: undefined, account: undefined });
export const halfPaired = (device: string): string =>
  textOf({ ...credentials(device), me: { id: '5511@s.whatsapp.net', name: '~' }, account: undefined });
export const fingerprintOf = (device: string): string =>
  classify(Buffer.from(restorable(device))).fingerprint;

export const recordFor = (device: string, over: Partial<SessionRecord> = {}): SessionRecord => ({
  desired: 'running',
  fingerprint: fingerprintOf(device),
  revision: 7,
  firstSeen: 1_000,
  ...over,
});

export const layout = layoutOf('/vault');
const startMs = Date.UTC(2026, 0, 15, 3, 35);

/** What the composition root makes of one disk, with a clock that only `wait` and the test move. */
export const openHarness = (
  { wholeAfterMs = 250, ...options }: MemoryDiskOptions & { readonly wholeAfterMs?: number } = {},
  disk = memoryDisk(options),
) => {
  for (const path of [layout.orgs, layout.pairing, layout.identities, layout.archive, layout.quarantine])
    disk.placeDirectory(path);
  const harness = {
    elapsedMs: 0,
    rootIsOurs: true,
    waits: [] as number[],
    logged: [] as { event: LogEvent; fields: LogFields }[],
  };
  const log: WriteLog = (event, fields = {}) => void harness.logged.push({ event, fields });
  const now = (): number => startMs + harness.elapsedMs;
  const foldsCase = options.foldsCase ?? false;
  const records = createRecords({ disk, layout, now });
  const archive = createArchive({ disk, layout, records, now });
  const pairings = createPairings({ disk, layout, records, archive, foldsCase, now, log });
  const onWait: ((ms: number) => void)[] = [];
  const wait = async (ms: number): Promise<void> => {
    if (ms > 0) harness.waits.push(ms);
    harness.elapsedMs += ms;
    for (const act of onWait) act(ms);
  };
  const lock = { stillOurs: async () => harness.rootIsOurs };
  const monotonicMs = (): number => harness.elapsedMs;
  const scanner = createScanner({
    root: '/vault',
    disk,
    records,
    pairings,
    lock,
    foldsCase,
    now,
    monotonicMs,
    wait,
    log,
    wholeAfterMs,
  });
  const scan = (request: Partial<ScanRequest> = {}) =>
    scanner({ loaded: new Set(), live: new Set(), ...request });
  const look = async (org: string, request: Partial<ScanRequest> = {}) =>
    (await scan(request)).found.find((one) => one.org === org);
  return {
    disk,
    harness,
    records,
    archive,
    pairings,
    scan,
    look,
    onWait,
    now,
    logged: (event: LogEvent) => harness.logged.filter((one) => one.event === event),
  };
};
