/** Commands of other programs, and likely slips, with the command of this program that was meant. */

const see = {
  status: '"vigia status" shows every session.',
  watch:
    '"vigia watch" shows events as they happen, and "vigia history ORG" shows those of one organization. ' +
    'The server writes its log to its own output.',
  start: '"vigia restore ORG" starts a session, and "vigia serve" runs the server.',
  restart:
    '"vigia stop ORG", then "vigia restore ORG" restarts a session. "vigia retry ORG" retries a failed one.',
  stop: '"vigia stop ORG" stops a session, and keeps its credentials.',
  pair: '"vigia pair ORG" links a phone. "vigia link ORG" makes a link for a customer.',
  login: '"vigia pair ORG" links a phone, and "vigia open" logs in to the page.',
  logout: '"vigia logout ORG" unlinks the device and removes the session.',
  explain: '"vigia explain ORG" explains the state of a session.',
  keys: '"vigia keys" lists the keys. It also creates and revokes them.',
  alerts: '"vigia alerts" lists the alerts. "vigia alerts silence FINGERPRINT" silences one.',
  webhooks: '"vigia webhooks" lists the deliveries. It also repeats and tests them.',
  link: '"vigia link ORG" makes a pairing link, and "vigia link list" lists them.',
  config: '"vigia config" shows the settings.',
  health: '"vigia healthcheck" checks whether the server is alive.',
  doctor: '"vigia doctor" checks the directory of the sessions and this machine.',
  open: '"vigia open" prints the address of the page, with a code that logs in.',
  move: '"vigia export ORG" writes a bundle, and "vigia import FILE" reads one.',
  version: '"vigia --version" shows the version.',
} as const;

const slips: Readonly<Record<keyof typeof see, string>> = {
  status: 'list ls ll ps sessions session orgs org organizations show get top monitor state states',
  watch: 'logs log tail events follow stream',
  start: 'start run up begin boot launch resume',
  restart: 'restart reload reconnect reset refresh',
  stop: 'kill down halt pause disconnect end shutdown',
  pair: 'qr qrcode scan code connect add create new register',
  login: 'login log-in signin auth authenticate',
  logout: 'unlink unpair remove rm delete del signout',
  explain: 'info describe inspect why reason',
  keys: 'key token tokens apikey api-key',
  alerts: 'silence unsilence alarms',
  webhooks: 'deliveries redeliver hooks',
  link: 'links invite',
  config: 'settings env configuration',
  health: 'health ping alive ready',
  doctor: 'check diagnose verify',
  open: 'page ui web dashboard browser',
  move: 'backup dump move migrate',
  version: 'version about',
};
const meant = new Map<string, string>([
  ...Object.entries(slips).flatMap(([key, words]) =>
    words.split(' ').map((word) => [word, see[key as keyof typeof see]] as const),
  ),
  ...['stop', 'restore', 'retry'].map(
    (name) => [`${name}-all`, `"vigia ${name} --all" is for every session.`] as const,
  ),
  ['start-all', '"vigia restore --all" starts every session.'],
  ['restart-all', '"vigia stop --all", then "vigia restore --all" restarts every session.'],
]);

/** One sentence with the command that was meant; undefined when none is known. */
export const meantBy = (word: string): string | undefined => {
  const name = word.toLowerCase().replaceAll('_', '-');
  return meant.get(name) ?? meant.get(name.replace(/^(\w+)all$/u, '$1-all'));
};
/** The same for an argument that the command `name` does not take. */
export const meantByArgument = (name: string): string | undefined =>
  name === 'status'
    ? `"vigia status" takes no organization. ${see.explain} "vigia watch ORG" shows its events.`
    : undefined;
/** Every sentence, for a test that its commands exist. */
export const sentences: readonly string[] = [...new Set(meant.values())];
