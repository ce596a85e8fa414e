/**
 * The connection to the server, by `vigia/client`. The key is in `sessionStorage`: it survives a reload and
 * ends with the tab. It is never shown, and never in an address.
 */
import { batch, computed, signal } from '@preact/signals';
import {
  type CallableMethod,
  type Client,
  type ConnectionState,
  connect,
  type Result,
  type Topic,
  type Update,
  type Welcome,
} from '../../client/client.ts';
import type { Args } from '../../client/contract.ts';
import type { Scope } from '../../protocol/scopes.ts';
import { setServerTime } from './clock.ts';

/** What the banner says, besides the state of the connection. */
export type Notice = 'none' | 'resumed' | 'resynced' | 'stopping';
/** Why the page shows the log-in instead of the fleet. */
export type LoginProblem =
  | 'invalid_key'
  | 'key_ended'
  | 'refused'
  | 'code_used'
  | 'no_answer'
  | 'bad_key'
  | undefined;

const storedKey = 'vigia.key';
/** How long "resumed" and "re-synced" stay. */
const noticeMs = 3_000;

export const state = signal<ConnectionState | undefined>(undefined);
/** When the connection was lost (epoch milliseconds), and when the next attempt is. */
export const lostAt = signal<number | undefined>(undefined);
export const nextDialAt = signal<number | undefined>(undefined);
/** The last answer to `initialize`; kept while the connection is lost. */
export const welcome = signal<Welcome | undefined>(undefined);
export const notice = signal<Notice>('none');
export const isRedeeming = signal(false);
export const loginProblem = signal<LoginProblem>(undefined);
export const isOnline = computed(() => state.value?.status === 'online');
/** Commands are refused while the server stops, and useless while it is lost. */
export const mayCommand = computed(() => isOnline.value && notice.value !== 'stopping');

let client: Client | undefined;
const listeners = new Set<(update: Update) => void>();
const endings = new Set<() => void>();

export const may = (scope: Scope): boolean => {
  const scopes = welcome.value?.principal.scopes ?? [];
  return scopes.includes(scope) || scopes.includes('admin');
};
/** Receives every update of the one subscription of the page. Registered before a log-in. */
export const onUpdate = (listener: (update: Update) => void): void => void listeners.add(listener);
/** Called when the viewer logs out, or the key ends: forget everything. */
export const onEnd = (listener: () => void): void => void endings.add(listener);
/** The methods of the API. Only after a log-in. */
export const call = async <M extends CallableMethod>(method: M, ...args: Args<M>): Promise<Result<M>> => {
  if (client === undefined) throw new Error('The page is not logged in.');
  return client.call(method, ...([args[0]] as unknown as Args<M>));
};

let noticeTimer: ReturnType<typeof setTimeout> | undefined;
const show = (next: Notice): void => {
  clearTimeout(noticeTimer);
  notice.value = next;
  if (next === 'resumed' || next === 'resynced')
    noticeTimer = setTimeout(() => {
      notice.value = 'none';
    }, noticeMs);
};

const onUpdateOfClient = (update: Update): void => {
  if (update.kind === 'resumed') show('resumed');
  if (update.kind === 'snapshot' && !update.first) show('resynced');
  if (update.kind === 'event' && update.event.type === 'server.draining') show('stopping');
  for (const listener of listeners) listener(update);
};
const subscribeAll = (): void => {
  const wanted = (
    [
      ['sessions', 'sessions:read'],
      ['pairing', 'sessions:pair'],
      ['alerts', 'alerts:read'],
    ] as const
  ).flatMap(([topic, scope]): Topic[] => (may(scope) ? [topic] : []));
  if (wanted.length > 0) client?.subscribe({ topics: wanted }, onUpdateOfClient);
};

const forget = (): void => {
  sessionStorage.removeItem(storedKey);
  client = undefined;
  clearTimeout(noticeTimer);
  batch(() => {
    state.value = undefined;
    welcome.value = undefined;
    lostAt.value = undefined;
    notice.value = 'none';
    for (const listener of endings) listener();
  });
};
const problemOf = (closeCode: number | undefined, wasOnline: boolean): LoginProblem => {
  if (closeCode !== 4401) return 'refused';
  return wasOnline ? 'key_ended' : 'invalid_key';
};

const onOnline = (next: Welcome, isFirst: boolean): void => {
  welcome.value = next;
  lostAt.value = undefined;
  nextDialAt.value = undefined;
  if (notice.value === 'stopping') show('none');
  if (isFirst) subscribeAll();
  call('ping').then(
    ({ time }) => setServerTime(time),
    () => undefined, // the connection was lost again: the next one asks again
  );
};
const onState = (next: ConnectionState): void => {
  const wasOnline = welcome.value !== undefined;
  batch(() => {
    state.value = next;
    if (next.status === 'online') onOnline(next.welcome, !wasOnline);
    if (next.status === 'waiting') {
      lostAt.value ??= Date.now();
      nextDialAt.value = Date.now() + next.inMs;
    }
    if (next.status !== 'stopped') return;
    forget();
    if (next.because.reason !== 'client_closed')
      loginProblem.value = problemOf(next.because.closeCode, wasOnline);
  });
};

/** Where the page is, is where the server is: also below a path of a proxy. */
const serverUrl = (): string => new URL('.', location.href).href;

export const logIn = (key: string): void => {
  loginProblem.value = undefined;
  const fits = /^[\x21-\x7e]{1,256}$/.test(key);
  if (!fits) {
    loginProblem.value = 'bad_key';
    return;
  }
  sessionStorage.setItem(storedKey, key);
  client = connect({ url: serverUrl(), apiKey: key, client: { name: 'vigia-page', version: '1' } });
  client.onState(onState);
  onState(client.state());
};
/** Ends the wait before the next attempt to connect. */
export const dialNow = (): void => client?.connectNow();
export const logOut = (): void => {
  loginProblem.value = undefined;
  client?.close();
};
/** A code of `vigia open`, which gives its key once. */
export const logInByCode = async (code: string): Promise<void> => {
  loginProblem.value = undefined;
  isRedeeming.value = true;
  try {
    const body = JSON.stringify({ code });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch('v1/login', { method: 'POST', headers, body });
    if (response.ok) return logIn(((await response.json()) as { apiKey: string }).apiKey);
    loginProblem.value = response.status === 401 ? 'code_used' : 'refused';
  } catch {
    loginProblem.value = 'no_answer';
  } finally {
    isRedeeming.value = false;
  }
};
/** After a reload, or with the code of the address, which is removed from it at once. */
export const logInAgain = (): void => {
  const code = /^#code=([\w-]{1,32})$/.exec(location.hash)?.[1];
  if (code !== undefined) {
    history.replaceState(null, '', location.pathname);
    void logInByCode(code);
    return;
  }
  const key = sessionStorage.getItem(storedKey);
  if (key !== null) logIn(key);
};
