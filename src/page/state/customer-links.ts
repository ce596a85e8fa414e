/**
 * The pairing links of the organization that the dialog shows. The address of a new one is a secret: it is in
 * memory only, and is forgotten with the dialog.
 */
import { computed, effect, signal } from '@preact/signals';
import type { Result } from '../../client/client.ts';
import { sentenceOf } from './commands.ts';
import { call, onEnd, onUpdate } from './link.ts';
import { pairing } from './pairing.ts';

export type CustomerLink = Result<'pairing.links'>['items'][number];
interface MadeLink {
  readonly url: string;
  readonly link: CustomerLink;
}
interface Shown {
  readonly orgId: string;
  readonly links: readonly CustomerLink[];
  readonly made?: MadeLink;
  readonly problem?: string | undefined;
}
export const shownLinks = signal<Shown | undefined>(undefined);

const update = (orgId: string, change: Partial<Shown>): void => {
  const shown = shownLinks.value;
  if (shown?.orgId === orgId) shownLinks.value = { ...shown, ...change };
};
const attempt = async (orgId: string, work: () => Promise<Partial<Shown>>): Promise<void> => {
  update(orgId, { problem: undefined });
  try {
    update(orgId, await work());
  } catch (error) {
    update(orgId, { problem: sentenceOf(error) });
  }
};
const listOf = async (orgId: string) => (await call('pairing.links', { orgId })).items;

export const makeLink = (orgId: string, name: string, expiresInSeconds: number): Promise<void> =>
  attempt(orgId, async () => {
    const params = { orgId, expiresInSeconds, ...(name !== '' && { name }) };
    const made = await call('pairing.createLink', params);
    return { made, links: await listOf(orgId) };
  });
export const revokeLink = ({ linkId, orgId }: CustomerLink): Promise<void> =>
  attempt(orgId, async () => {
    await call('pairing.revokeLink', { linkId });
    return { links: await listOf(orgId) };
  });
/** The link that was just made, while it opens something. The address of an ended one is shown no more. */
export const madeLink = computed(() => {
  const { made, links = [] } = shownLinks.value ?? {};
  const isOpen = links.some(({ linkId, status }) => linkId === made?.link.linkId && status === 'open');
  return isOpen ? made : undefined;
});

effect(() => {
  const shown = pairing.value;
  const orgId = shown?.phase === 'link' ? shown.orgId : undefined;
  if (orgId === shownLinks.peek()?.orgId) return;
  shownLinks.value = orgId === undefined ? undefined : { orgId, links: [] };
  if (orgId !== undefined) void attempt(orgId, async () => ({ links: await listOf(orgId) }));
});
onUpdate((received) => {
  if (received.kind !== 'event' || received.event.type !== 'pairing.linkEnded') return;
  const orgId = shownLinks.value?.orgId;
  if (orgId !== undefined && received.event.orgId === orgId)
    void attempt(orgId, async () => ({ links: await listOf(orgId) }));
});
onEnd(() => {
  shownLinks.value = undefined;
});
