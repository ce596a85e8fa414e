/** What one client has asked to hear. An event that two subscriptions match is sent once. */
import type { Org } from '../../../machines/domain/ports.ts';
import type { Principal } from '../../keys/principal.ts';
import { type Topic, topicScopes } from '../../protocol/scopes.ts';
import { holds, sees } from '../access/authorize.ts';
import { randomId } from '../random-ids.ts';
import type { SerializedEvent } from './serialize.ts';

interface Subscription {
  readonly id: string;
  readonly topics: ReadonlySet<Topic>;
  readonly orgs: '*' | ReadonlySet<Org>;
  /** It has had, or is getting, all that it asked for with a higher number. */
  readonly from: number;
}
export interface Subscriptions {
  add(topics: readonly Topic[], orgs: '*' | readonly Org[], from: number): Subscription;
  /** False: there was none. */
  remove(id: string): boolean;
  size(): number;
  /** Whether it has asked for the topic of this organization. */
  wants(topic: Topic, org: Org | null): boolean;
  /** Whether the client has asked for it, and its key may see it. Asked anew for every event. */
  match(event: SerializedEvent): boolean;
  /** Whether this one is owed an event of the past: the key may see it, and no older one has brought it already. */
  owes(subscription: Subscription, event: SerializedEvent): boolean;
}

const asksFor = ({ topics, orgs }: Subscription, topic: Topic, org: Org | null): boolean =>
  topics.has(topic) && (orgs === '*' || org === null || orgs.has(org));

/** The event as this key may see it. */
export const frameFor = (principal: Principal, { frame, redacted }: SerializedEvent): Buffer =>
  redacted === undefined || sees(principal, redacted.org) ? frame : redacted.frame;

/** What a key may hear, prepared for the many events it is asked about. */
const earOf = (principal: Principal) => {
  const allowed = new Set((Object.keys(topicScopes) as Topic[]).filter((topic) => holds(principal, topicScopes[topic])));
  const visible = principal.orgs === '*' ? '*' : new Set(principal.orgs);
  const hears = (topic: SerializedEvent['topic'], org: Org | null): boolean =>
    topic === 'always' || (allowed.has(topic) && (visible === '*' || org === null || visible.has(org)));
  return { principal, hears };
};

/** `principal`: what the key may do now, another object once that has changed; undefined when it is good for nothing any more. */
export const subscriptions = (principal: () => Principal | undefined): Subscriptions => {
  const all = new Map<string, Subscription>();
  let ear: ReturnType<typeof earOf> | undefined;
  const mayHear = (topic: SerializedEvent['topic'], org: Org | null): boolean => {
    const now = principal();
    if (now === undefined) return false;
    if (ear?.principal !== now) ear = earOf(now);
    return ear.hears(topic, org);
  };
  const wants = (topic: Topic, org: Org | null): boolean => {
    for (const one of all.values()) if (asksFor(one, topic, org)) return true;
    return false;
  };
  return {
    add: (topics, orgs, from) => {
      const added = { id: randomId('sub'), topics: new Set(topics), orgs: orgs === '*' ? orgs : new Set(orgs), from };
      all.set(added.id, added);
      return added;
    },
    remove: (id) => all.delete(id),
    size: () => all.size,
    wants,
    match: ({ topic, org }) => mayHear(topic, org) && (topic === 'always' ? all.size > 0 : wants(topic, org)),
    owes: (subscription, { topic, org, seq }) => {
      const asks = (one: Subscription) => topic === 'always' || asksFor(one, topic, org);
      if (!asks(subscription) || !mayHear(topic, org)) return false;
      return ![...all.values()].some((other) => other !== subscription && other.from < seq && asks(other));
    },
  };
};
