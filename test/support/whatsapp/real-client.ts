import {
  type AuthenticationCreds,
  type ConnectionState,
  initAuthCreds,
  makeWASocket,
  type SignalDataSet,
  type SignalDataTypeMap,
  type SignalKeyStore,
  type UserFacingSocketConfig,
  type WASocket,
} from '@whiskeysockets/baileys';
import { pino } from 'pino';

const deadlineMs = 15_000;

/** A key store that lives and dies with the test. */
export function memoryKeys(): SignalKeyStore & { readonly forget: (type: keyof SignalDataTypeMap) => void } {
  const kept = new Map<string, unknown>();
  return {
    get: <T extends keyof SignalDataTypeMap>(type: T, ids: string[]) => {
      const found: Record<string, SignalDataTypeMap[T]> = {};
      for (const id of ids) {
        const value = kept.get(`${type}/${id}`);
        if (value !== undefined) found[id] = value as SignalDataTypeMap[T];
      }
      return found;
    },
    set: (data: SignalDataSet) => {
      for (const [type, values] of Object.entries(data)) {
        for (const [id, value] of Object.entries(values ?? {})) {
          if (value === null) kept.delete(`${type}/${id}`);
          else kept.set(`${type}/${id}`, value);
        }
      }
    },
    /** Removes all values of a type, as a store that was put back would. */
    forget: (type) => {
      for (const key of [...kept.keys()]) if (key.startsWith(`${type}/`)) kept.delete(key);
    },
  };
}

/** How a connection ended, as Baileys reports it. */
export interface Closed {
  readonly statusCode: number | undefined;
  readonly message: string;
  readonly data: unknown;
}

/** Unmodified Baileys with its state in memory, and its `connection.update` events as promises. */
export class RealClient {
  readonly creds: AuthenticationCreds;
  readonly socket: WASocket;
  readonly updates: Partial<ConnectionState>[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(
    url: string,
    creds: AuthenticationCreds = initAuthCreds(),
    config: Partial<UserFacingSocketConfig> = {},
  ) {
    this.creds = creds;
    this.socket = makeWASocket({
      waWebSocketUrl: url,
      auth: { creds, keys: memoryKeys() },
      logger: pino({ level: 'silent' }),
      markOnlineOnConnect: false,
      ...config,
    });
    this.socket.ev.on('connection.update', (update) => {
      this.updates.push(update);
      for (const look of this.#waiting) look();
    });
  }

  /** The first update, past or coming, in which `pick` finds something. Rejects after 15 s. */
  when<T>(what: string, pick: (update: Partial<ConnectionState>) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.updates.map(pick).find((one) => one !== undefined);
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`Baileys reported no ${what} within ${deadlineMs} ms`));
      }, deadlineMs);
      this.#waiting.add(look);
      look();
    });
  }

  qr(): Promise<string> {
    return this.when('QR code', ({ qr }) => qr);
  }

  /** Open, and the offline backlog is through. */
  async ready(): Promise<void> {
    await this.when('open', ({ connection }) => (connection === 'open' ? true : undefined));
    await this.when(
      'receivedPendingNotifications',
      ({ receivedPendingNotifications }) => receivedPendingNotifications || undefined,
    );
  }

  closed(): Promise<Closed> {
    return this.when('close', ({ connection, lastDisconnect }) => {
      if (connection !== 'close') return undefined;
      const error = lastDisconnect?.error as
        | (Error & { output?: { statusCode?: number }; data?: unknown })
        | undefined;
      return { statusCode: error?.output?.statusCode, message: error?.message ?? '', data: error?.data };
    });
  }

  /** Tears the TCP connection down at once, as a crash would. */
  terminate(): void {
    rawSocket(this.socket)?.terminate();
  }
}

interface RawSocket {
  terminate(): void;
  once(
    event: 'unexpected-response',
    received: (request: unknown, response: { statusCode?: number }) => void,
  ): void;
}

/** The `ws` socket under Baileys, which its types do not show. */
export const rawSocket = (socket: WASocket): RawSocket | undefined =>
  (socket.ws as unknown as { socket: RawSocket | null }).socket ?? undefined;
