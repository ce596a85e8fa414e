/**
 * Connects one socket with the rest of the program for sending: the sender, what the library asks for again,
 * and WhatsApp's acknowledgements, receipts and restrictions. They are read from the raw stanzas, because the
 * library's events leave out acknowledgements and wait in a buffer (WHATSAPP-FACTS.md#sent-means-written).
 */
import {
  type BinaryNode,
  type ConnectionState,
  proto,
  type UserFacingSocketConfig,
  type WASocket,
} from '@whiskeysockets/baileys';
import type { Org } from '../../../machines/domain/ports.ts';
import type { Limit } from '../../base/limit.ts';
import type { WriteLog } from '../../base/log.ts';
import { ExpiringMap } from '../expiring-map.ts';
import { libraryLog } from '../library-log.ts';
import { holdReceipts } from '../patches/receipt-hold.ts';
import type { Parts } from '../patches/socket-parts.ts';
import type { ProxyRoute } from '../proxy.ts';
import type { Guard, Report } from '../socket-facts.ts';
import type { Deadlines } from './calls.ts';
import { GroupCache } from './groups.ts';
import { createSender, type OpenSender } from './outgoing.ts';
import type { MessageDoor, Sender } from './port.ts';
import { ofAcknowledgement, ofReceipt, refusedCode, restrictedCode } from './receipts.ts';
import { forgetDevices } from './recipients.ts';

/** What the sockets of an organization share for sending. */
export interface Sending {
  readonly org: Org;
  readonly door: MessageDoor;
  /** Bounds the uploads of all organizations. */
  readonly uploads: Limit;
  readonly mayAskForRestriction: () => boolean;
  readonly proxy: ProxyRoute | undefined;
  /** The server is another one than WhatsApp's. */
  readonly isOtherServer: boolean;
  readonly now: () => number;
  /** Other deadlines than the usual ones, for tests. */
  readonly deadlines?: Deadlines | undefined;
  readonly log: WriteLog;
  readonly report: Report;
}
/** The socket, once it was made. */
export interface SocketOfSender {
  readonly parts: Parts;
  readonly isOpen: () => boolean;
  readonly mute: () => void;
  /** No listener may throw into the library. */
  readonly guarded: Guard;
}
export interface SendingParts {
  /** For the options of the client library. */
  readonly options: Required<Pick<UserFacingSocketConfig, 'getMessage' | 'cachedGroupMetadata'>>;
  /** Call it before other patches wrap the listeners of the library. */
  attach(socket: SocketOfSender): void;
  /** Made when it is first asked for: most sockets never send. */
  sender(): Sender | undefined;
  /** Calls under way reject from now on. */
  end(): void;
}

/** After an acknowledgement with another list of devices, the devices are asked for at most this often. */
const forgetEvery = { most: 1_000, holdsMs: 5 * 60_000 };

/**
 * What the library sends again is found by its id alone, because a retry names a device, or the other id of
 * the chat: WHATSAPP-FACTS.md#resend.
 */
const sentContent =
  ({ org, door, report }: Sending): NonNullable<UserFacingSocketConfig['getMessage']> =>
  async ({ id }) => {
    if (!id) return undefined;
    const encoded = await door.sentContent(org, id).catch((error: unknown) => {
      report('sending.content_unavailable', error);
      return undefined;
    });
    return encoded && proto.Message.decode(encoded);
  };

const onAcknowledgement = (sending: Sending, sock: WASocket, groups: GroupCache) => {
  const { org, door, now, log, report } = sending;
  const forgotten = new ExpiringMap<true>(forgetEvery);
  const forget = (chat: string): void => {
    forgetDevices(sock, groups, chat).catch((error: unknown) => report('socket.listener_failed', error));
  };
  return ({ attrs }: BinaryNode): void => {
    const update = ofAcknowledgement(attrs, now());
    if (!update) return;
    door.updated(org, update).catch((error: unknown) => report('sending.outcome_unrecorded', error));
    const { from = '', phash } = attrs;
    if (update.statusCode === refusedCode) forget(from);
    // the library sends no hash of its list: any hash in the answer means that WhatsApp's list is another one
    if (phash !== undefined && !forgotten.get(from)) {
      forgotten.set(from, true);
      log('sending.devices_differ');
      forget(from);
    }
    // the answer arrives as an update of the connection; the library itself never asks
    if (update.statusCode === restrictedCode && sending.mayAskForRestriction())
      sock
        .fetchAccountReachoutTimelock()
        .catch((error: unknown) => report('sending.restriction_unknown', error));
  };
};

const onRestriction =
  ({ org, door }: Sending) =>
  ({ reachoutTimeLock: lock }: Partial<ConnectionState>): void => {
    if (!lock) return;
    const until = lock.timeEnforcementEnds?.getTime() ?? null;
    door.restricted(org, lock.isActive ? { until } : null);
  };

export const prepareSending = (sending: Sending): SendingParts => {
  const { org, door, now } = sending;
  const groups = new GroupCache();
  let socket: SocketOfSender | undefined;
  let made: OpenSender | undefined;
  return {
    options: {
      getMessage: sentContent(sending),
      cachedGroupMetadata: async (id) => groups.known(id),
    },
    attach: (attached) => {
      socket = attached;
      const { parts, guarded } = attached;
      const { sock } = parts;
      groups.follow(sock);
      const acknowledgements = 'CB:ack,class:message';
      sock.ws.on(acknowledgements, guarded(acknowledgements, onAcknowledgement(sending, sock, groups)));
      sock.ev.on('connection.update', guarded('connection.update', onRestriction(sending)));
      holdReceipts(parts, (receipt) => {
        const updates = ofReceipt(receipt, sock.authState.creds.me, now());
        if (updates.length === 0) return undefined;
        return Promise.all(updates.map((update) => door.updated(org, update)));
      });
    },
    sender: () => {
      if (!socket) return undefined;
      const { parts, isOpen, mute } = socket;
      const logger = libraryLog((severity, said) => sending.log('library.logged', { severity, said }));
      const failed = (at: string) => sending.log('sending.failed', { at });
      made ??= createSender({ ...sending, sock: parts.sock, groups, isOpen, mute, logger, failed });
      return made.sender;
    },
    end: () => made?.end(),
  };
};
