import type { ChainName } from './certificate.ts';

/** How the server behaves when nothing is wrong. Everything can be changed while it runs. */
export interface Options {
  /** Before each answer, ms. */
  answerDelayMs: number;
  /** References per QR offer. Baileys shows the first for 60 s and each other for 20 s. */
  qrRefs: number;
  /** Pre-keys the server says it holds: at most 5 makes Baileys upload 5, and 0 makes it upload 812. */
  preKeyCount: number;
  /** Between a signed pairing and `<stream:error code="515"/>`, ms. */
  restartDelayMs: number;
  /** Between the first IQ answers of a login and `<ib><offline/></ib>`, ms. */
  offlineDelayMs: number;
  /** Lets in devices of `seedCredentials` that it was never told of. */
  acceptSeeded: boolean;
  /** Closes an unpaired client at once (428), as WhatsApp does with a stale version. */
  refuseRegistration: boolean;
  /** After a scan: `companion_reg_refresh` instead of a pair-success (WHATSAPP-FACTS.md#passkey). */
  companionRegRefresh: boolean;
  /**
   * Sends `<ib><edge_routing/>` and `<ib><dirty type="account_sync"/>` after each success, so the client
   * saves its credentials.
   */
  chatty: boolean;
  /** Relays messages between devices. Off: a message is acknowledged and goes nowhere. */
  relay: boolean;
  /** Which certificates it shows in the handshake. */
  chain: ChainName;
}

export const defaultOptions: Readonly<Options> = {
  answerDelayMs: 0,
  qrRefs: 6,
  preKeyCount: 100,
  restartDelayMs: 50,
  offlineDelayMs: 20,
  acceptSeeded: true,
  refuseRegistration: false,
  companionRegRefresh: false,
  chatty: false,
  relay: false,
  chain: 'usual',
};
