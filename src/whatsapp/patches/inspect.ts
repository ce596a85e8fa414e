/**
 * Checks, once at start, that the code that the patches change still has the form they expect. Nothing is
 * sent anywhere.
 */
import { Agent } from 'node:http';
import { Inflate } from 'node:zlib';
import makeWASocket, {
  initAuthCreds,
  type UserFacingSocketConfig,
  type WASocket,
  type WAVersion,
} from '@whiskeysockets/baileys';
import { retryCounters } from '../caches.ts';
import { libraryLog } from '../library-log.ts';
import { socketOptions } from '../socket-options.ts';
import { backPressureProblem } from './back-pressure.ts';
import {
  type CertificateParts,
  certificateParts,
  certificatesProblem,
  pairingSignatureProblem,
} from './certificates.ts';
import { frameGuardProblem } from './frame-guard.ts';
import { inflationProblem } from './inflation.ts';
import { libraryConsoleProblem } from './library-console.ts';
import { networkOrderProblem } from './network-order.ts';
import { pairingHoldProblem } from './pairing-hold.ts';
import { type PatchName, type PatchState, patchNames } from './patch.ts';
import { quietPresenceProblem } from './quiet-presence.ts';
import { receiptHoldProblem } from './receipt-hold.ts';
import { refusedUpgradeProblem } from './refused-upgrade.ts';
import { retryMemoryProblem } from './retry-memory.ts';
import { sharedContextState, sharedContextsMade, withSharedContext } from './shared-context.ts';
import { type Parts, partsOf } from './socket-parts.ts';

/** What is inspected; a test replaces a part of it. */
export interface Inspected extends CertificateParts {
  readonly makeSocket: (config: UserFacingSocketConfig) => WASocket;
  readonly sharedContext: () => PatchState;
  readonly console: object;
  /** The prototype of Node's inflating streams. */
  readonly inflate: object;
}
export const installed: Inspected = {
  ...certificateParts,
  makeSocket: makeWASocket,
  sharedContext: sharedContextState,
  console,
  inflate: Inflate.prototype,
};

const socketProblems = {
  retry_memory: retryMemoryProblem,
  quiet_presence: quietPresenceProblem,
  refused_upgrade: refusedUpgradeProblem,
  network_order: networkOrderProblem,
  frame_guard: frameGuardProblem,
  back_pressure: backPressureProblem,
  pairing_hold: pairingHoldProblem,
  receipt_hold: receiptHoldProblem,
  pairing_signature: pairingSignatureProblem,
} as const satisfies Partial<Record<PatchName, (parts: Parts) => string | undefined>>;
const processProblems = {
  certificates: certificatesProblem,
  inflation: (client: Inspected) => inflationProblem(client.inflate),
  library_console: (client: Inspected) => libraryConsoleProblem(client.console),
} as const satisfies Partial<Record<PatchName, (client: Inspected) => string | undefined>>;
type SocketPatch = keyof typeof socketProblems;
const isSocketPatch = (name: PatchName): name is SocketPatch => Object.hasOwn(socketProblems, name);

/**
 * An agent that takes a request and never makes a connection, so the sample socket stays "connecting" until
 * it is ended.
 */
const noNetwork = () => Object.assign(new Agent(), { addRequest: () => undefined });

const sampleOptions = (): UserFacingSocketConfig =>
  socketOptions({
    auth: { creds: initAuthCreds(), keys: { get: async () => ({}), set: async () => undefined } },
    version: [2, 3000, 0] satisfies WAVersion,
    logger: libraryLog(() => undefined),
    retries: retryCounters(),
    url: 'ws://127.0.0.1:1', // never reached: the agent makes no connection
    proxy: { agent: noNetwork() as never, fetchOptions: {} },
  });
const endSample = (sock: WASocket): void => {
  sock.ws?.on?.('error', () => undefined); // ending a socket that is still connecting emits an error
  sock.end(undefined).catch(() => undefined); // it was never used, so there is nothing to lose
};

type SocketFindings = Readonly<Record<SocketPatch, string | undefined>> & { readonly contexts: number };
const inspectSocket = ({ makeSocket }: Inspected): SocketFindings => {
  const before = sharedContextsMade();
  const sock = withSharedContext(() => makeSocket(sampleOptions()));
  const contexts = sharedContextsMade() - before;
  const parts = partsOf(sock);
  try {
    const found = Object.entries(socketProblems).map(
      ([name, problemOf]) => [name, problemOf(parts)] as const,
    );
    return { ...(Object.fromEntries(found) as Record<SocketPatch, string | undefined>), contexts };
  } finally {
    endSample(sock);
  }
};
const notMade = (error: unknown): SocketFindings => {
  const cause = error instanceof Error ? error.message : String(error);
  const why = `a socket of the library cannot be made: ${cause}`;
  return {
    ...(Object.fromEntries(Object.keys(socketProblems).map((name) => [name, why])) as Record<
      SocketPatch,
      string
    >),
    contexts: 0,
  };
};

/**
 * The state of every patch, in the order of the table. Never throws: a library that cannot be inspected has
 * its patches missing.
 */
export const inspectPatches = (client: Inspected = installed): readonly PatchState[] => {
  let found: SocketFindings;
  try {
    found = inspectSocket(client);
  } catch (error) {
    found = notMade(error);
  }
  const stateOf = (name: PatchName): PatchState => {
    if (name === 'shared_context') {
      const state = client.sharedContext();
      const isUnused = state.is === 'applied' && found.contexts === 0;
      return isUnused
        ? { name, is: 'missing', why: 'the library no longer takes AsyncLocalStorage from Node' }
        : state;
    }
    const why = isSocketPatch(name) ? found[name] : processProblems[name](client);
    return why === undefined ? { name, is: 'applied' } : { name, is: 'missing', why };
  };
  return patchNames.map(stateOf);
};
