/**
 * Pairing links: a customer without a key opens one on their own phone or PC, and links the organization's
 * phone. A link opens only the pairing of its organization. It ends with success, at its time, when it is
 * revoked, or when it has started too many pairings; what it started then ends too.
 */
import type { PairingUpdate, SessionView } from '../../machines/domain/view.ts';
import { createSerialQueue } from '../base/serial-queue.ts';
import { type Attempt, createAttempts } from './attempts.ts';
import {
  digestOfToken,
  keptMs,
  type Link,
  maxOpenLinks,
  maxStarts,
  newId,
  newToken,
  type Outcome,
  parseLinks,
  printLinks,
  visitMs,
} from './link.ts';

export type LinkOrder = Pick<
  Link,
  'org' | 'method' | 'name' | 'language' | 'returnUrl' | 'createdBy' | 'expiresAt'
>;
export interface PairingOrder {
  readonly method: 'qr' | 'code';
  /** Digits with country code, for `code` only. */
  readonly phoneNumber?: string | undefined;
}
/** Why a pairing was not started. The customer's page has a sentence for each, in its languages. */
export type Refusal = 'stopping' | 'linked_already' | 'not_started';
export type Started =
  | { readonly ok: true; readonly pairingId: string }
  | { readonly ok: false; readonly code: Refusal; readonly message: string };
export interface LinksDeps {
  /** Undefined when nothing was stored. */
  read(): Promise<Uint8Array | undefined>;
  /** Resolves when it is durable. */
  write(text: string): Promise<void>;
  /** Epoch milliseconds. */
  now(): number;
  view(org: string): SessionView | undefined;
  pair(org: string, order: PairingOrder): Promise<Started>;
  cancel(org: string): Promise<void>;
  onEnd(link: Link, outcome: Outcome): void;
}
/** `unknown`: no such link. `in_use`: another page holds it. `ended`: see its outcome. */
export type Visit =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'in_use' }
  | { readonly kind: 'open' | 'ended'; readonly link: Link; readonly visit: string };
/** The longest delay of a Node timer. */
const longestTimerMs = 2_147_483_647;

export class Links {
  readonly #deps: LinksDeps;
  readonly #byId: Map<string, Link>;
  /** The page that holds a link. */
  readonly #visits = new Map<string, { readonly visit: string; seenAt: number }>();
  readonly #attempts = createAttempts();
  readonly #writes = createSerialQueue();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: LinksDeps, stored: readonly Link[]) {
    this.#deps = deps;
    this.#byId = new Map(stored.map((link) => [link.linkId, link]));
    this.#awaitExpiry();
  }
  /** Resolves when it is durable; undefined when the organization has too many open links. */
  async create(order: LinkOrder): Promise<{ readonly link: Link; readonly token: string } | undefined> {
    await this.#expire();
    if (this.#open().filter(({ org }) => org === order.org).length >= maxOpenLinks) return undefined;
    const token = newToken();
    const own = { linkId: newId('link'), sha256: digestOfToken(token), createdAt: this.#deps.now() };
    const link: Link = { ...order, ...own, starts: 0, outcome: null, endedAt: null };
    this.#byId.set(link.linkId, link);
    await this.#save();
    this.#awaitExpiry();
    return { link, token };
  }
  async list(): Promise<readonly Link[]> {
    await this.#expire();
    return [...this.#byId.values()];
  }
  /** False when it had ended before. */
  async revoke(linkId: string): Promise<boolean> {
    const link = this.#byId.get(linkId);
    if (link === undefined || link.outcome !== null) return false;
    await this.#end(link, 'revoked');
    return true;
  }
  /** The link of this page, or why it is refused. A page without `visit` takes a link that no page holds. */
  async enter(token: string, visit: string | undefined): Promise<Visit> {
    await this.#expire();
    const sha256 = digestOfToken(token);
    const link = [...this.#byId.values()].find((one) => one.sha256 === sha256);
    if (link === undefined) return { kind: 'unknown' };
    const held = this.#visits.get(link.linkId);
    const seenAt = this.#deps.now();
    if (held && held.visit !== visit && seenAt - held.seenAt < visitMs) return { kind: 'in_use' };
    const own = held && held.visit === visit ? held.visit : newId('visit');
    this.#visits.set(link.linkId, { visit: own, seenAt });
    return { kind: link.outcome === null ? 'open' : 'ended', link, visit: own };
  }
  /** How far the pairing that the link started has come. */
  attemptOf(linkId: string): Attempt | undefined {
    return this.#attempts.get(linkId);
  }
  /** The start is counted on disk before it happens. */
  async start(token: string, visit: string, order: PairingOrder): Promise<Visit | Started> {
    const entered = await this.enter(token, visit);
    if (entered.kind !== 'open') return entered;
    const { linkId } = entered.link;
    const link = this.#byId.get(linkId) ?? entered.link; // another start may have counted meanwhile
    if (link.starts >= maxStarts) {
      await this.#end(link, 'used_up');
      return { kind: 'ended', link: this.#byId.get(linkId) ?? link, visit };
    }
    this.#byId.set(linkId, { ...link, starts: link.starts + 1 });
    await this.#save();
    // The customer begins again: in the other way, or with another number.
    if (this.#isPairing(link)) await this.#deps.cancel(link.org);
    const before = this.#byId.get(linkId) ?? link;
    if (before.outcome !== null) return { kind: 'ended', link: before, visit };
    const started = await this.#deps.pair(link.org, order);
    if (!started.ok) return started;
    this.#attempts.started(linkId, started.pairingId);
    const after = this.#byId.get(linkId) ?? link;
    if (after.outcome === null) return started;
    if (this.#isPairing(after)) await this.#deps.cancel(after.org); // its end found no pairing to cancel
    return { kind: 'ended', link: after, visit };
  }
  onPairing(org: string, update: PairingUpdate): void {
    for (const link of this.#open()) if (link.org === org) this.#attempts.onPairing(link.linkId, update);
  }
  async onSession(view: SessionView): Promise<void> {
    for (const link of this.#open()) {
      if (link.org !== view.org) continue;
      if (this.#attempts.onSession(link.linkId, view) === 'completed') await this.#end(link, 'completed');
    }
  }
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writes.idle();
  }

  #isPairing({ linkId, org }: Link): boolean {
    return this.#attempts.isPairing(linkId, this.#deps.view(org));
  }
  #open(): readonly Link[] {
    return [...this.#byId.values()].filter(({ outcome }) => outcome === null);
  }
  #save(): Promise<void> {
    return this.#writes.run(() => this.#deps.write(printLinks([...this.#byId.values()])));
  }
  /** Ends the link, and the pairing that it started. */
  async #end({ linkId, org }: Link, outcome: Outcome): Promise<void> {
    const link = this.#byId.get(linkId);
    if (link === undefined || link.outcome !== null) return; // it ended meanwhile
    const ended: Link = { ...link, outcome, endedAt: this.#deps.now() };
    this.#byId.set(linkId, ended);
    const isPairing = this.#isPairing(link);
    await this.#save();
    this.#deps.onEnd(ended, outcome);
    if (isPairing && outcome !== 'completed') await this.#deps.cancel(org);
    this.#awaitExpiry();
  }
  async #expire(): Promise<void> {
    const now = this.#deps.now();
    for (const link of this.#open()) if (link.expiresAt <= now) await this.#end(link, 'expired');
    for (const { linkId, endedAt } of this.#byId.values())
      if (endedAt !== null && endedAt + keptMs <= now) this.#byId.delete(linkId);
  }
  #awaitExpiry(): void {
    clearTimeout(this.#timer);
    const open = this.#open();
    if (open.length === 0) return;
    const delayMs = Math.min(...open.map(({ expiresAt }) => expiresAt)) - this.#deps.now();
    const run = () => void this.#expire().then(() => this.#awaitExpiry());
    this.#timer = setTimeout(run, Math.min(Math.max(delayMs, 1), longestTimerMs)).unref();
  }
}

/** Rejects when the stored links cannot be read. */
export const openLinks = async (deps: LinksDeps): Promise<Links> =>
  new Links(deps, parseLinks(await deps.read()));
