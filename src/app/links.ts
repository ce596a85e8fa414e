/** Pairing links, connected to the sessions, the disk and the events. */
import type { Feed } from '../control/feed/feed.ts';
import type { LinkView, PairingLinks, Supervision } from '../control/port.ts';
import { randomId } from '../control/random-ids.ts';
import type { Disk } from '../disk/disk.ts';
import { replaceFile } from '../disk/replace-file.ts';
import { type Link, maxStarts } from '../links/link.ts';
import {
  type Links,
  openLinks,
  type PairingOrder,
  type Refusal,
  type Started,
  type Visit,
} from '../links/links.ts';
import type { Layout } from '../sessions/layout.ts';

export interface LinkParts {
  readonly disk: Disk;
  readonly layout: Layout;
  readonly supervision: Supervision;
  readonly feed: Feed;
}
const refused = (code: Refusal, message: string): Started => ({ ok: false, code, message });
const pairBy =
  (supervision: Supervision) =>
  async (org: string, order: PairingOrder): Promise<Started> => {
    if (supervision.draining()) return refused('stopping', 'The server is being restarted. Try again soon.');
    const id = randomId('pair').replaceAll('_', '-'); // it also names a directory
    const answer = await supervision.command(org, { type: 'session.pair', pairing: { id, ...order } });
    if (answer.ok) return { ok: true, pairingId: answer.session?.pairing?.id ?? id };
    if (answer.kind === 'invalid_state')
      return refused('linked_already', 'The phone is linked already. There is nothing to do.');
    return refused('not_started', 'It cannot be started now. Try again in a minute.');
  };

/** Rejects with an error for the operator when the stored links cannot be read. */
export const startLinks = async ({ disk, layout, supervision, feed }: LinkParts): Promise<Links> => {
  try {
    return await openLinks({
      read: () => disk.read(layout.links),
      write: async (text) => void (await replaceFile(disk, layout.links, text, 0o600)),
      now: Date.now,
      view: supervision.get,
      pair: pairBy(supervision),
      cancel: async (org) => void (await supervision.command(org, { type: 'session.cancelPairing' })),
      onEnd: ({ org, linkId }, outcome) => feed.publish({ type: 'pairing.linkEnded', org, linkId, outcome }),
    });
  } catch (cause) {
    const advice = 'Restore a backup, or move the file away: then the links in it no longer open.';
    throw new Error(`The pairing links in ${layout.links} cannot be read. ${advice}`, { cause });
  }
};

const viewOf = (link: Link): LinkView => ({ ...link, maxStarts });
/** `publicUrl`: where customers reach the server. `ownUrl`: where it listens. */
export const linksPort = (
  links: Links,
  publicUrl: string | undefined,
  ownUrl: () => string,
): PairingLinks => ({
  create: async (order) => {
    const created = await links.create(order);
    if (created === undefined) return undefined;
    const base = (publicUrl ?? ownUrl()).replace(/\/+$/, '');
    // A fragment reaches no server, so the token is in no log.
    return { link: viewOf(created.link), url: `${base}/link#${created.token}` };
  },
  list: async () => (await links.list()).map(viewOf),
  revoke: (linkId) => links.revoke(linkId),
  enter: async (token, visit) => withView(await links.enter(token, visit)),
  attemptOf: (linkId) => links.attemptOf(linkId),
  start: async (token, visit, order) => {
    const started = await links.start(token, visit, order);
    return 'kind' in started ? withView(started) : started;
  },
});
const withView = (visit: Visit) => ('link' in visit ? { ...visit, link: viewOf(visit.link) } : visit);
