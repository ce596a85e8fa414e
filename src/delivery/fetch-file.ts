/**
 * Fetches a file from the address of a client, with the guard of webhooks: public addresses only, and no
 * redirect, which could lead to a forbidden one.
 */
import type { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { AddressRefused, type Allowed, faultOfUrl, guardedLookup } from './address.ts';

export interface FetchedFile {
  readonly status: number;
  readonly mimeType: string | null;
  /** As announced; null when it is not. */
  readonly bytes: number | null;
  readonly body: Readable;
}
const headerOf = (value: string | string[] | undefined): string | null =>
  typeof value === 'string' ? value : null;

export const openFetch = (isAllowed: Allowed) => {
  const agent = new Agent({ connect: { lookup: guardedLookup(isAllowed) }, pipelining: 0 });
  return {
    /** Rejects with `AddressRefused`, or with an error whose `code` names a fault of the network. */
    fetch: async (url: string, signal: AbortSignal): Promise<FetchedFile> => {
      // the message for an operator names a setting: a client gets none of it
      if (faultOfUrl(url, isAllowed) !== undefined) throw new AddressRefused('the address is not public');
      const answer = await request(url, {
        headers: { 'user-agent': 'vigia' },
        dispatcher: agent,
        signal,
      });
      const { 'content-type': mimeType, 'content-length': length } = answer.headers;
      const bytes = headerOf(length);
      return {
        status: answer.statusCode,
        mimeType: headerOf(mimeType),
        bytes: bytes === null ? null : Number(bytes),
        body: answer.body,
      };
    },
    close: () => agent.destroy(),
  };
};
