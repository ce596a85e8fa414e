import type { AuthenticationCreds } from '@whiskeysockets/baileys';
import { encode } from './key-file.ts';
import type { Identify } from './types.ts';

/** Content that may be written as `creds.json`, or why it may not. */
export type Draft = { readonly bytes: Buffer } | { readonly refused: string };

interface DraftOptions {
  readonly creds: AuthenticationCreds;
  readonly identify: Identify;
  /** '' while no phone is paired yet: the first pairing then fixes it. */
  readonly fingerprint: string;
}

/**
 * Serialises the credentials at the moment of writing and checks the result as the next start will. Once a
 * device is linked, content that would not restore this very device is not written. Baileys changes the
 * object in place, and a pairing code that is requested on a paired socket overwrites the identity
 * (WHATSAPP-FACTS.md#code-overwrites-identity).
 */
export const drafting = ({ creds, identify, fingerprint }: DraftOptions) => {
  let linked = fingerprint;
  let sealed: Draft | undefined;
  const draft = (): Draft => {
    if (sealed) return sealed;
    let bytes: Buffer;
    try {
      bytes = Buffer.from(encode(creds));
    } catch (error) {
      return { refused: `they cannot be serialised: ${error instanceof Error ? error.name : 'unknown'}` };
    }
    const found = identify(bytes);
    if (found.stored === 'corrupt') return { refused: 'they lack what a login needs' };
    if (linked !== '' && (found.stored !== 'restorable' || found.fingerprint !== linked)) {
      return { refused: 'they are not those of the device that is linked here' };
    }
    if (found.stored === 'restorable') linked = found.fingerprint;
    return { bytes };
  };
  return {
    draft,
    /** From now on `draft` returns the draft of this moment, although the object may still change. */
    seal: (): void => {
      sealed = draft();
    },
  };
};
export type Drafting = ReturnType<typeof drafting>;
