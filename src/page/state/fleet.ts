/**
 * The fleet, from the subscription. Changes are gathered, and shown together a few times a second: 200
 * changes a second are still few drawings.
 */
import { batch, computed, signal } from '@preact/signals';
import type { Session, VigiaEvent } from '../../client/client.ts';
import { type Organization, organizationOf } from '../model/organization.ts';
import { countsOf, outageSince } from '../model/overview.ts';
import { onEnd, onUpdate } from './link.ts';

/** Between two drawings. A hidden tab is slower by itself. */
const showMs = 200;

const sessions = new Map<string, Session>();
/** In the order of ids, which is their place on the horizon. */
export const fleet = signal<readonly Organization[]>([]);
export const isLoaded = signal(false);
export const byId = computed(() => new Map(fleet.value.map((one) => [one.id, one])));
export const counts = computed(() => countsOf(fleet.value));
export const outage = computed(() => outageSince(fleet.value));

let ids: string[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
const show = (): void => {
  timer = undefined;
  if (ids.length !== sessions.size) ids = [...sessions.keys()].sort();
  batch(() => {
    fleet.value = ids.flatMap((id) => {
      const session = sessions.get(id);
      return session ? [organizationOf(session)] : [];
    });
    isLoaded.value = true;
  });
};
const showSoon = (): void => {
  timer ??= setTimeout(show, showMs);
};

const onEvent = (event: VigiaEvent): void => {
  if (event.type === 'session.created' || event.type === 'session.updated') {
    const { session } = event.data;
    const known = sessions.get(session.orgId);
    if (known && session.revision <= known.revision) return;
    if (!known) ids = []; // sorted again
    sessions.set(session.orgId, session);
    showSoon();
  }
  if (event.type === 'session.removed' && event.orgId !== null) {
    const known = sessions.get(event.orgId);
    if (!known || event.data.revision < known.revision) return;
    sessions.delete(event.orgId);
    ids = [];
    showSoon();
  }
};
onUpdate((update) => {
  if (update.kind === 'event') return onEvent(update.event);
  if (update.kind !== 'snapshot') return;
  sessions.clear();
  ids = [];
  for (const session of update.sessions) sessions.set(session.orgId, session);
  show();
});
onEnd(() => {
  clearTimeout(timer);
  timer = undefined;
  sessions.clear();
  ids = [];
  fleet.value = [];
  isLoaded.value = false;
});
