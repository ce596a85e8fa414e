/** Calls that need a connected session, and the files of clients. */
import { Readable } from 'node:stream';
import type { Org } from '../../machines/domain/ports.ts';
import type { ApiDeps } from './api-deps.ts';
import { guarded } from './guarded.ts';
import type { MessageKey, SenderPort } from './ports.ts';
import type { Refusal } from './refusal.ts';
import { MediaRow, readAs } from './rows.ts';

/** Runs `work` with the present socket of an organization; without one it is a refusal. */
const connecting = (deps: ApiDeps) => {
  return async <T>(org: Org, work: (sender: SenderPort) => Promise<T>): Promise<T | Refusal> => {
    const sender = deps.sender(org);
    if (sender !== undefined) return guarded(() => work(sender));
    const state = deps.sessionState(org);
    if (state === undefined) return { refused: 'not_found', message: `There is no organization "${org}".` };
    return { refused: 'invalid_state', message: 'The session is not connected now.', state };
  };
};
/** The keys of messages that arrived. */
const keysIn = ({ inbox }: ApiDeps) => {
  return (org: Org, ids: readonly string[]): readonly MessageKey[] | Refusal => {
    const keys: MessageKey[] = [];
    for (const id of ids) {
      const known = inbox.known(org, id);
      if (known === undefined)
        return { refused: 'not_found', message: `No message "${id}" arrived within seven days.` };
      const { participant, ...key } = known.key;
      keys.push({ ...key, ...(participant !== undefined && { participant }) });
    }
    return keys;
  };
};

export const socketCallsOf = (deps: ApiDeps) => {
  const { inbox, recipients, media, policy, now } = deps;
  const through = connecting(deps);
  const keysOf = keysIn(deps);
  return {
    markRead: async (org: Org, ids: readonly string[]): Promise<number | Refusal> => {
      const keys = keysOf(org, ids);
      if ('refused' in keys) return keys;
      return through(org, async (sender) => {
        await sender.markRead(keys);
        return keys.length;
      });
    },
    typing: (org: Org, to: string, state: 'composing' | 'recording' | 'paused', ms: number) =>
      through(org, async (sender): Promise<undefined | Refusal> => {
        const recipient = await recipients.resolve(org, to, sender);
        if (recipient === undefined)
          return { refused: 'recipient_unreachable', message: 'This number is not on WhatsApp.' };
        await sender.typing(recipient.jid, state);
        const pause = () =>
          void deps
            .sender(org)
            ?.typing(recipient.jid, 'paused')
            .catch(() => undefined);
        if (state !== 'paused') setTimeout(pause, ms).unref(); // WhatsApp ends it by itself as well
        return undefined;
      }),
    exists: (org: Org, phones: readonly string[]) =>
      through(org, (sender) => recipients.exists(org, phones, sender)),
    groups: (org: Org) => through(org, (sender) => sender.groups()),
    group: (org: Org, id: string) => through(org, (sender) => sender.group(id)),
    upload: (org: Org, file: { mimeType: string; bytes: number; body: Readable }) =>
      guarded(async () => {
        const stored = await media.upload(org, file.mimeType, file.bytes, file.body);
        return { ...stored, expiresAt: now() + policy.media.keepMs };
      }),
    download: async (mediaId: string, mayRead: (org: Org) => boolean) => {
      const row = readAs(MediaRow, inbox.media.find(mediaId)?.[1]);
      if (row === undefined || !mayRead(row.org)) return undefined;
      const { org, source, filename, n } = row;
      const { participant, ...key } = row.key;
      const quoted = inbox.plain(org, n)?.quoted;
      const encoded = quoted == null ? undefined : Buffer.from(quoted, 'base64');
      return through(org, async (sender) => {
        const named = { ...key, ...(participant !== undefined && { participant }) };
        const body = await sender.download(source, named, encoded);
        const readable = body instanceof Readable ? body : new Readable().wrap(body);
        return { mimeType: source.mimeType, bytes: source.bytes, filename, body: readable };
      });
    },
  };
};
