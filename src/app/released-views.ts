/**
 * The sessions as clients may see them. While events wait to be recorded, answers and snapshots show the
 * sessions as the released events left them: a client must not see a state that a kill could still hide from
 * the webhooks.
 */
import type { Org } from '../../machines/domain/ports.ts';
import type { SessionView } from '../../machines/domain/view.ts';
import type { DomainEvent } from '../control/port.ts';

export interface LiveViews {
  list(): readonly SessionView[];
  get(org: Org): SessionView | undefined;
}

/** `isHeld`: whether an event waits. */
export const createReleasedViews = (live: LiveViews, isHeld: () => boolean) => {
  const released = new Map<Org, SessionView>();
  return {
    onRelease: (event: DomainEvent): void => {
      if (event.type === 'session.created' || event.type === 'session.updated')
        released.set(event.org, event.view);
      else if (event.type === 'session.removed') released.delete(event.org);
    },
    list: (): readonly SessionView[] => (isHeld() ? [...released.values()] : live.list()),
    get: (org: Org): SessionView | undefined => (isHeld() ? released.get(org) : live.get(org)),
  };
};
