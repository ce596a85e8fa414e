/**
 * The workarounds for faults of Baileys, libsignal, ws and Node. Each has a file of its own in this folder,
 * and is deleted when the fault is mended upstream. None may cost a session: when the code that it patches
 * has another form than expected, the plain behaviour stays, and the operator is warned.
 */

/**
 * For each patch: what the operator has without it. `isEssential`: plain behaviour would be unsafe, so Vigía
 * does not start.
 */
export const patches = {
  shared_context: {
    without: 'Each restore and each reconnect makes all later ones slower.',
    isEssential: false,
  },
  certificates: {
    without:
      'The client library accepts any server as WhatsApp, so credentials could be sent to an impostor.',
    isEssential: true,
  },
  retry_memory: { without: 'Each session takes about 70 KB more memory.', isEssential: false },
  quiet_presence: { without: 'The phones of the customers may stop notifying.', isEssential: false },
  refused_upgrade: {
    without: 'A proxy or an edge that refuses the connection is noticed only by a timeout.',
    isEssential: false,
  },
  network_order: {
    without: 'The loss of thousands of connections at once blocks the process for about a second.',
    isEssential: false,
  },
  frame_guard: {
    without: 'A frame that cannot be read leaves a session deaf until its next ping fails.',
    isEssential: false,
  },
  pairing_hold: {
    without:
      'A crash in the second after a scan can lose the new credentials; the phone then has to scan again.',
    isEssential: false,
  },
  library_console: {
    without: 'The client library writes private keys of contacts to the output of the process.',
    isEssential: true,
  },
  inflation: {
    without: 'One compressed stanza can take all memory and keep every organization waiting.',
    isEssential: false,
  },
  back_pressure: {
    without: 'A flood of stanzas for one organization can take the memory of all.',
    isEssential: false,
  },
  receipt_hold: {
    without: 'A crash can lose that a message was delivered or read.',
    isEssential: false,
  },
  pairing_signature: { without: 'A hosted business account may not be linked.', isEssential: false },
} as const satisfies Readonly<Record<string, { readonly without: string; readonly isEssential: boolean }>>;
export type PatchName = keyof typeof patches;
export const patchNames = Object.keys(patches) as readonly PatchName[];

export interface PatchState {
  readonly name: PatchName;
  /** `not_needed`: this version of what is patched does not have the fault. */
  readonly is: 'applied' | 'not_needed' | 'missing';
  /** Why it is missing: a part of a sentence, without its full stop. */
  readonly why?: string;
}

/** A patch is missing whose plain behaviour is unsafe. The message is a message for the operator. */
export class UnsafeClient extends Error {
  override readonly name = 'UnsafeClient';
}
/** Throws `UnsafeClient` when one of the missing patches is essential. */
export const requireEssential = (states: readonly PatchState[]): void => {
  for (const { name, is, why } of states)
    if (is === 'missing' && patches[name].isEssential)
      throw new UnsafeClient(
        `a safety measure (${name}) cannot be applied to the installed client library: ${why}. ` +
          `${patches[name].without} ` +
          'Install the versions of the lockfile (`npm ci`), or a newer version of Vigía.',
      );
};
