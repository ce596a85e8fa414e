/** The part of `docs/operators/OPERATING.md` about the log: each line that may need a person, and what to do. */

/** By message, as it is in the log. */
const lines: readonly (readonly [message: string, action: string])[] = [
  [
    'whatsapp cannot be reached: going slowly, failures do not count',
    "Check the server's network first, then WhatsApp's. Nothing needs a restart.",
  ],
  [
    'many sessions vanished at once: nothing is started or stopped until that is clear',
    'Check that the volume is mounted. Put the directories back within a minute, or they count as removed.',
  ],
  ['the directory of the sessions is gone, ending', 'Mount the volume and start Vigía again.'],
  [
    'credentials cannot be written',
    'The disk is full, read-only or broken. The sessions continue in memory: do not restart before the disk works.',
  ],
  [
    'session crashed, it will be loaded again',
    'This is a fault of Vigía: please report it. After three in ten minutes the session stays `failed` as `crashed`.',
  ],
  [
    'the database is damaged: it was moved aside and an empty one was begun, the history before now is not shown',
    'Nothing: it holds no sessions. The damaged one is beside it as `state.lmdb.damaged-…`. If it happens again, check the disk.',
  ],
  [
    'the database cannot be used: what would be in it is kept in memory until the next start',
    'Check the free space and the permissions of `.vigia/state.lmdb`. The next start opens it again.',
  ],
  ['the history cannot be written, it will be tried again', 'The disk is full or broken. Nothing is lost while Vigía runs.'],
  [
    'the server could not prove that it is WhatsApp',
    'A proxy or firewall that opens TLS answers in place of WhatsApp: find it. No login was sent; Vigía retries.',
  ],
  ['whatsapp refuses our version: asking for the present one', 'Usually resolves itself. Otherwise set `WHATSAPP_VERSION`, or update.'],
];

export const logSection = (): string => `## Log events

| message | what you do |
|---|---|
${lines.map(([message, action]) => `| \`${message}\` | ${action} |`).join('\n')}

`;
