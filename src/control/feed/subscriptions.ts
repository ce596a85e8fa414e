/** The subscriptions of one client. An event that two of them match is sent once. */
import type { Org } from '../../../machines/domain/ports.ts';
import type { Principal } from '../../keys/principal.ts';
import { type Topic, topicScopes } from '../../protocol/scopes.ts';
import { canSee, hasScope } from '../access/authorize.ts';
import { randomId } from '../random-ids.ts';
import type { SerializedEvent } from './serialize.ts';

interface Subscription {
  readonly id: string;
  readonly topics: ReadonlySet<Topic>;
  readonly orgs: '*' | ReadonlySet<Org>;
  /** The client has received, or is receiving, every event of this subscription with a higher number. */
  readonly from: number;
}
export interface Subscriptions {
  add(topics: readonly Topic[], orgs: '*' | readonly Org[], from: number): Subscription;
  /** False when there was none. */
  remove(id: string): boolean;
  size(): number;
  /** Whether a subscription asks for the topic of this organization. */
  wants(topic: Topic, org: Org | null): boolean;
  /** Whether a subscription asks for the topic of this organization, and the key may see it. */
  isLive(topic: Topic, org: Org): boolean;
  /** Whether a subscription asks for the event and the key may see it. Checked again for every event. */
  match(event: SerializedEvent): boolean;
  /**
   * Whether a past event must be replayed: the key may see it, and no older subscription has brought it
   * already.
   */
  owes(subscription: Subscription, event: SerializedEvent): boolean;
}

const asksFor = ({ topics, orgs }: Subscription, topic: Topic, org: Org | null): boolean =>
  topics.has(topic) && (orgs === '*' || org === null || orgs.has(org));

/** The event's frame as this key may see it. */
export const frameFor = (principal: Principal, { frame, redacted }: SerializedEvent): Buffer =>
  redacted === undefined || canSee(principal, redacted.org) ? frame : redacted.frame;

/** The topics and organizations that a key may see, as sets, because they are checked for every event. */
const permissionsOf = (principal: Principal) => {
  const allTopics = Object.keys(topicScopes) as Topic[];
  const topics = new Set(allTopics.filter((topic) => hasScope(principal, topicScopes[topic])));
  const orgs = principal.orgs === '*' ? '*' : new Set(principal.orgs);
  const allow = (topic: SerializedEvent['topic'], org: Org | null): boolean =>
    topic === 'always' || (topics.has(topic) && (orgs === '*' || org === null || orgs.has(org)));
  return { principal, allow };
};

/**
 * `principalNow`: what the key may do now. Another object once that has changed; undefined when the key is no
 * longer valid.
 */
export const createSubscriptions = (principalNow: () => Principal | undefined): Subscriptions => {
  const all = new Map<string, Subscription>();
  let permissions: ReturnType<typeof permissionsOf> | undefined;
  const isAllowed = (topic: SerializedEvent['topic'], org: Org | null): boolean => {
    const principal = principalNow();
    if (principal === undefined) return false;
    if (permissions?.principal !== principal) permissions = permissionsOf(principal);
    return permissions.allow(topic, org);
  };
  const wants = (topic: Topic, org: Org | null): boolean => {
    for (const one of all.values()) if (asksFor(one, topic, org)) return true;
    return false;
  };
  return {
    add: (topics, orgs, from) => {
      const added = {
        id: randomId('sub'),
        topics: new Set(topics),
        orgs: orgs === '*' ? orgs : new Set(orgs),
        from,
      };
      all.set(added.id, added);
      return added;
    },
    remove: (id) => all.delete(id),
    size: () => all.size,
    wants,
    isLive: (topic, org) => wants(topic, org) && isAllowed(topic, org),
    match: ({ topic, org }) =>
      isAllowed(topic, org) && (topic === 'always' ? all.size > 0 : wants(topic, org)),
    owes: (subscription, { topic, org, seq }) => {
      const asks = (one: Subscription) => topic === 'always' || asksFor(one, topic, org);
      if (!asks(subscription) || !isAllowed(topic, org)) return false;
      return ![...all.values()].some((other) => other !== subscription && other.from < seq && asks(other));
    },
  };
};
