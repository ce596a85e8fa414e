/**
 * The text of every reason, in one place: what happened, and what a person should do. Every answer, alert and
 * explanation that names a reason uses it. The facts are in WHATSAPP-FACTS.md: each code of WhatsApp under
 * WHATSAPP-FACTS.md#close-codes and after it, the rules for phones under WHATSAPP-FACTS.md#phone-rules.
 */
import type { Reason } from '../../machines/domain/disconnect.ts';

export interface ReasonText {
  readonly summary: string;
  readonly action: string;
}

export const reasonTexts: Readonly<Record<Reason, ReasonText>> = {
  network: {
    summary: 'The connection to WhatsApp was lost.',
    action:
      'Nothing to do: Vigía keeps retrying. If many sessions show this, check the network of this server.',
  },
  proxy: {
    summary: 'The proxy of this session refused the connection or could not be reached.',
    action:
      'Check the proxy, and its address, user and password in PROXY_FILE, PROXY_URL or HTTPS_PROXY. The ' +
      'log of this session has what the proxy answered. Vigía keeps retrying; the account is not affected.',
  },
  timeout: {
    summary: 'WhatsApp did not answer in time.',
    action:
      'Nothing to do: Vigía retries. If it continues, check the network, the proxy and the load of this ' +
      'server.',
  },
  server_busy: {
    summary: 'WhatsApp is restarting or overloaded and closed the connection.',
    action: 'Nothing to do: Vigía retries after a pause. This is not a ban.',
  },
  restart_required: {
    summary: 'WhatsApp asked for a reconnection, as it always does right after a pairing.',
    action: 'Nothing to do: Vigía reconnects at once.',
  },
  unhealthy: {
    summary: 'The connection was open but no longer answered, so Vigía closed it.',
    action: 'Nothing to do: Vigía opens it again.',
  },
  deaf: {
    summary: 'Messages kept arriving, but the client library reported none for five minutes.',
    action:
      'Nothing to do: Vigía opens a new socket, at most once an hour. If it happens often, update Vigía ' +
      'and report it.',
  },
  mute: {
    summary:
      'Two messages in a row were written to the connection, and WhatsApp acknowledged neither in time.',
    action:
      'Nothing to do: Vigía opens a new socket, at most once in ten minutes. Both messages are `unknown` ' +
      'until an acknowledgement or a receipt arrives.',
  },
  outdated: {
    summary: 'WhatsApp no longer accepts the WhatsApp Web version that Vigía presents.',
    action: 'Update Vigía if this lasts longer than an hour. The credentials are good: do not pair again.',
  },
  internal: {
    summary: 'Vigía could not open the connection because of a fault of its own.',
    action:
      'The account and its credentials are not affected, and Vigía keeps retrying. Read the log of this ' +
      'session, run `vigia doctor`, and report the fault.',
  },
  revoked: {
    summary:
      'WhatsApp unlinked this device: someone removed it on the phone, the phone was unused for 14 days, ' +
      'or WhatsApp enforced it.',
    action:
      'Pair it again with the phone. The old credentials are worthless and are archived when it is ' +
      'paired again.',
  },
  banned_temporarily: {
    summary: 'WhatsApp banned this account for a limited time.',
    action: 'Wait: Vigía retries when the ban ends. An earlier login makes the ban worse.',
  },
  locked: {
    summary: 'WhatsApp locked this account, or the phone was logged out of it.',
    action: 'Open WhatsApp on the phone and solve what it shows; then restore it with force.',
  },
  wrong_account: {
    summary: 'It was paired with a phone of another number than before, and was not connected.',
    action: 'Pair it again with the right phone. If the number is to change, restore it with force.',
  },
  conflict: {
    summary: 'Another program is logged in with the same credentials, and Vigía left the account to it.',
    action:
      'Stop the other program, or remove the copied directory, and then retry. Two logins with one ' +
      'identity end each other.',
  },
  older_copy: {
    summary:
      'Its credentials are an older copy: the same linked device was used since with newer credentials.',
    action:
      'Put the newest credentials of this device here. If these are all there is, restore with force: ' +
      'some messages of contacts will be unreadable.',
  },
  creds_corrupt: {
    summary:
      'The stored credentials cannot be read as credentials, and there is no usable backup beside them.',
    action: 'Put good credentials in their place, or pair it again.',
  },
  creds_lost: {
    summary: 'WhatsApp asked for a QR although credentials were stored: it no longer knows them.',
    action: 'Put the right credentials in their place, or pair it again. Nothing was overwritten.',
  },
  storage: {
    summary: 'The directory of this session cannot be read or written.',
    action:
      'Check the free space, the owner and the permissions of the data directory. The session continues ' +
      'by itself afterwards.',
  },
  crashed: {
    summary:
      'Vigía itself failed several times while it ran this session, and stopped it to protect the others.',
    action: 'Update Vigía, or retry by hand, and report the error in the log.',
  },
  exhausted: {
    summary: 'It could not be restored after several attempts in a row.',
    action:
      'Check the phone and the network. Vigía probes it every 15 minutes; the retry command tries at once.',
  },
  unknown: {
    summary: 'WhatsApp ended the connection several times for a reason that is not documented.',
    action:
      'The credentials are kept. Retry by hand; if it fails again, search the log for WhatsApp’s ' +
      'status code.',
  },
  stopped: {
    summary: 'It was stopped by command.',
    action: 'Restore it when it should run again.',
  },
  unpaired: {
    summary: 'No linked device is stored for it.',
    action: 'Pair it with the phone.',
  },
  pairing_expired: {
    summary: 'The QR was not scanned, or the code was not typed, in time.',
    action: 'Start the pairing again when the phone is at hand.',
  },
  logged_out: {
    summary: 'It was logged out by command and its device was unlinked.',
    action: 'Pair it again if it should be used.',
  },
};

/** The text of `lastError.message`. */
export const messageOfReason = (reason: Reason): string =>
  `${reasonTexts[reason].summary} ${reasonTexts[reason].action}`;
