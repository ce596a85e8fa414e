/** What one client has asked to hear. An event that two subscriptions match is sent once. */
import type { Org } from '../../machines/ports.ts';
import { type Topic, topicScopes } from '../protocol/scopes.ts';
import { authorize, type Principal } from './authorize.ts';
import type { Entry } from './history.ts';
import { randomId } from './ids.ts';

interface Subscription {
  readonly topics: ReadonlySet<Topic>;
  readonly orgs: '*' | ReadonlySet<Org>;
}
export interface Subscriptions {
  add(topics: readonly Topic[], orgs: '*' | readonly Org[]): string;
  remove(id: string): void;
  size(): number;
  /** Whether it has asked for the topic of this organization. */
  wants(topic: Topic, org: Org | null): boolean;
  /** Whether the client has asked for it, and its key may see it. Asked anew for every event. */
  match(entry: Entry): boolean;
}

export const subscriptions = (principal: Principal): Subscriptions => {
  const all = new Map<string, Subscription>();
  const wants = (topic: Topic, org: Org | null): boolean =>
    [...all.values()].some((s) => s.topics.has(topic) && (org === null || s.orgs === '*' || s.orgs.has(org)));
  return {
    add: (topics, orgs) => {
      const id = randomId('sub');
      all.set(id, { topics: new Set(topics), orgs: orgs === '*' ? '*' : new Set(orgs) });
      return id;
    },
    remove: (id) => void all.delete(id),
    size: () => all.size,
    wants,
    match: ({ topic, org }) => {
      if (topic === 'always') return all.size > 0;
      return authorize(principal, { scope: topicScopes[topic], ...(org !== null && { org }) }).granted && wants(topic, org);
    },
  };
};
