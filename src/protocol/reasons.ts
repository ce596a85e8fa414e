/**
 * Every reason in words: what happened, and what a person should do about it. The facts are in
 * WHATSAPP-FACTS.md: each code of WhatsApp under WHATSAPP-FACTS.md#close-codes and after it, the rules for
 * phones under WHATSAPP-FACTS.md#phone-rules.
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
      'Nothing to do: it is tried again for as long as it takes. If many sessions show this, check the ' +
      'network of this server.',
  },
  timeout: {
    summary: 'WhatsApp did not answer in time.',
    action:
      'Nothing to do: it is tried again. If it goes on, check the network, the proxy and the load of ' +
      'this server.',
  },
  server_busy: {
    summary: 'WhatsApp is restarting or overloaded and closed the connection.',
    action: 'Nothing to do: it is tried again with a pause. This is not a ban.',
  },
  restart_required: {
    summary: 'WhatsApp asked for a reconnection, as it always does right after a pairing.',
    action: 'Nothing to do: it reconnects at once.',
  },
  unhealthy: {
    summary: 'The connection was open but no longer answered, so it was closed on purpose.',
    action: 'Nothing to do: it is opened anew.',
  },
  deaf: {
    summary: 'Messages kept arriving, but the client library told of none for five minutes.',
    action:
      'Nothing to do: it gets a new socket, at most once an hour. If it happens often, update Vigía and ' +
      'report it.',
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
      'Pair it again with the phone. The old credentials are worthless; they go to the archive when it ' +
      'is paired again.',
  },
  banned_temporarily: {
    summary: 'WhatsApp banned this account for a limited time.',
    action:
      'Wait until the time in nextRetryAt, when it is tried by itself. Logging in earlier makes it worse.',
  },
  locked: {
    summary: 'WhatsApp locked this account, or the phone was logged out of it.',
    action: 'Open WhatsApp on the phone and solve what it shows; then repeat the command with force.',
  },
  wrong_account: {
    summary: 'It was paired with a phone of another number than before, and was not connected.',
    action:
      'Pair it again with the right phone. If the number is to change, repeat the command with force, or ' +
      'pair with replaceAccount.',
  },
  conflict: {
    summary: 'Another program is logged in with the same credentials, and we left the account to it.',
    action:
      'Stop the other program, or remove the copied directory, and then retry. Two logins with one ' +
      'identity end each other.',
  },
  creds_corrupt: {
    summary: 'The stored credentials cannot be read as credentials, and no usable backup lies beside them.',
    action: 'Put good credentials in their place, or pair it again.',
  },
  creds_lost: {
    summary: 'WhatsApp asked for a QR although credentials were stored: it does not know them any more.',
    action: 'Put the right credentials in their place, or pair it again. Nothing was overwritten.',
  },
  storage: {
    summary: 'The directory of this session cannot be read or written.',
    action:
      'Check the free space, the owner and the permissions of the data directory; it goes on by itself ' +
      'afterwards.',
  },
  crashed: {
    summary:
      'Vigía itself failed several times while it ran this session, and set it aside to protect the others.',
    action: 'Update Vigía, or retry by hand, and report what the log says.',
  },
  exhausted: {
    summary: 'It could not be restored after several tries in a row.',
    action: 'Check the phone and the network. It is probed every 15 minutes; retry tries at once.',
  },
  unknown: {
    summary: 'WhatsApp ended the connection several times for a reason that is not documented.',
    action:
      'The credentials are kept. Retry by hand; if it fails again, look for the number in statusCode in ' +
      'the log.',
  },
  stopped: {
    summary: 'It was stopped by command.',
    action: 'Restore it when it is to run again.',
  },
  unpaired: {
    summary: 'No linked device is stored for it.',
    action: 'Pair it with the phone.',
  },
  pairing_expired: {
    summary: 'Nobody scanned the QR or typed the code in time.',
    action: 'Start the pairing again when the phone is at hand.',
  },
  logged_out: {
    summary: 'It was logged out by command and its device was unlinked.',
    action: 'Pair it again if it is to be used.',
  },
};

/** What `lastError.message` says. */
export const messageOfReason = (reason: Reason): string =>
  `${reasonTexts[reason].summary} ${reasonTexts[reason].action}`;
