/** English: the counts of messages, and the test message. */

export const messagesEn = {
  messages: {
    title: 'Messages',
    about: 'Counts only: the page shows no conversation.',
    queued: 'Wait to be sent',
    sending: 'Being sent',
    unknown: 'Unknown',
    sent: 'Sent in 24 hours',
    received: 'Received in 24 hours',
    lastSent: 'Last sent',
    lastReceived: 'Last received',
    never: 'never',
    unknownText:
      'WhatsApp did not confirm some messages: they may have arrived. Vigía does not ' +
      'send them again by itself.',
    restricted: (since: string) =>
      `Since ${since}, WhatsApp restricts this account: it refuses messages to new contacts.`,
    until: (time: string) => `It ends: ${time}.`,
    openEnd: 'WhatsApp names no end.',
  },
  testMessage: {
    open: 'Send a test message',
    title: (name: string) => `A test message from ${name}`,
    about: 'It is a real message from the number of this organization.',
    to: 'To the number, with its country code',
    text: 'Text',
    sample: 'Test message from Vigía.',
    send: 'Send',
    another: 'Send another',
    states: {
      queued: 'It waits its turn.',
      sending: 'It is being sent.',
      sent: 'WhatsApp took it. The phone has not confirmed it yet.',
      delivered: 'It arrived at the phone.',
      read: 'It was read.',
      played: 'It was played.',
      failed: 'It was not sent.',
      unknown:
        'WhatsApp did not confirm it: it may have arrived. Ask the recipient before you send it again.',
    },
    steps: { created: 'Accepted', sent: 'Sent', delivered: 'Delivered', read: 'Read' },
    reasons: {
      expired: 'The session was not connected in time, so Vigía dropped it.',
      timeout: 'WhatsApp did not answer in time.',
      rejected: 'WhatsApp refused it.',
      restricted: 'WhatsApp restricts this account: it refuses messages to new contacts.',
      recipient_unreachable: 'This number has no WhatsApp, or no device of it can be reached.',
      media_refused: 'The file could not be read or uploaded.',
      cancelled: 'It was cancelled.',
      no_ack: 'WhatsApp did not confirm it in time.',
      interrupted: 'The connection or Vigía ended while it was being sent.',
      internal: 'A fault of Vigía prevented it. The log has the details.',
    },
  },
} as const;
