/** The methods of pairing links. */
import type { linkMethods, PairingLink } from '../../../protocol/methods/links.ts';
import { canSee } from '../../access/authorize.ts';
import type { LinkView, PairingLinks } from '../../port.ts';
import { RequestError } from '../request-error.ts';
import { iso, isoOrNull } from '../translate.ts';
import type { Handlers } from './handler.ts';

export interface LinkDeps {
  readonly links: PairingLinks;
}

const publicLinkOf = (link: LinkView): PairingLink => ({
  linkId: link.linkId,
  orgId: link.org,
  method: link.method,
  createdBy: link.createdBy,
  createdAt: iso(link.createdAt),
  expiresAt: iso(link.expiresAt),
  starts: link.starts,
  maxStarts: link.maxStarts,
  status: link.outcome ?? 'open',
  endedAt: isoOrNull(link.endedAt),
});

export const linkHandlers: Handlers<keyof typeof linkMethods, LinkDeps> = {
  'pairing.createLink': async (params, { principal, links, now }) => {
    const { orgId, expiresInSeconds, method = null, name = null, returnUrl = null, language = null } = params;
    const expiresAt = now() + expiresInSeconds * 1_000;
    const own = { method, name, returnUrl, language, createdBy: principal.keyId };
    const created = await links.create({ org: orgId, expiresAt, ...own });
    if (created) return { link: publicLinkOf(created.link), url: created.url };
    const message = `"${orgId}" has too many open links: revoke one of them.`;
    throw new RequestError('limit_exceeded', message);
  },
  'pairing.links': async ({ orgId }, { principal, links }) => {
    const visible = (await links.list()).filter(
      ({ org }) => canSee(principal, org) && (orgId === undefined || org === orgId),
    );
    return { items: visible.map(publicLinkOf).sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1)) };
  },
  'pairing.revokeLink': async ({ linkId }, { principal, links }) => {
    const link = (await links.list()).find((one) => one.linkId === linkId);
    if (link === undefined || !canSee(principal, link.org))
      throw new RequestError('not_found', 'There is no link with this id here.');
    return { linkId, changed: await links.revoke(linkId) };
  },
};
