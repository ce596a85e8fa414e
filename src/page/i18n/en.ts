/** English. The other dictionaries have the same keys, by their type. */

import { reasonTexts } from '../../protocol/reasons.ts';
import { messagesEn } from './messages-en.ts';
import { organizationEn } from './organization-en.ts';
import { pagesEn } from './pages-en.ts';
import { toolsEn } from './tools-en.ts';

const some = (n: string, count: number, one: string, many: string) =>
  count === 1 ? `${n} ${one}` : `${n} ${many}`;
const inWords = [
  'No',
  'One',
  'Two',
  'Three',
  'Four',
  'Five',
  'Six',
  'Seven',
  'Eight',
  'Nine',
  'Ten',
  'Eleven',
  'Twelve',
];
/** Numbers in words up to twelve, as in a sentence. */
const word = (count: number, n: string) => inWords[count] ?? n;

export const en = {
  skip: 'Skip to content',
  nav: {
    label: 'Main',
    glance: 'Fleet at a glance',
    fleet: 'Fleet',
    alerts: 'Alerts',
    deliveries: 'Deliveries',
    keys: 'Keys',
    server: 'Server',
    events: 'Live events',
    logOut: 'Log out',
    language: 'Language',
    theme: 'Theme',
    themes: { system: 'As the system', light: 'Light', dark: 'Dark' },
  },
  link: {
    live: 'Live',
    connecting: 'Connecting',
    lost: 'Lost',
    lostTitle: (time: string) => `This page lost the server at ${time}.`,
    lostText: 'The screen shows the state of that time. The sessions go on without this page.',
    nextTry: (left: string) => `Next try ${left}`,
    tryNow: 'Try now',
    resumed: 'Connected again. Nothing was missed.',
    resynced: 'Connected again. The screen shows the present state; some events in between were missed.',
    stopping: 'The server is stopping.',
    stoppingText: 'Commands are off until it runs again. This page reconnects by itself.',
  },
  login: {
    title: 'Log in to Vigía',
    about: (host: string) =>
      `This page talks to the server at ${host}. It keeps nothing after you close the tab.`,
    codeTitle: 'From the server’s terminal',
    codeAbout: 'This command prints an address that logs in once, within a minute.',
    code: 'Or type the code that it shows',
    keyTitle: 'With a key',
    keyAbout: 'The first one is in auth_sessions/.vigia/first-key on the server.',
    key: 'Key',
    submit: 'Log in',
    wait: 'Logging in…',
    unreachable: 'The server does not answer. This page keeps trying.',
    problems: {
      bad_key: 'This is not a key. A key is one word, for example vigia_k3f9wp_…',
      invalid_key:
        'The server does not accept this key. It was revoked, has ended, or is not one of this server.',
      key_ended: 'The key that this page used was revoked or has ended. Log in with another one.',
      refused: 'The server refused the connection. Try again, or read its log.',
      no_answer: 'The server does not answer. Check that it runs, and try again.',
      code_used: 'This code was used already, or its minute is over. Run vigia open again.',
    },
    noScope: 'This key may not see sessions: it lacks sessions:read.',
  },
  headline: {
    needs: (count: number, n: string) =>
      count === 1 ? 'One needs a person.' : `${word(count, n)} need a person.`,
    others: (count: number, n: string) =>
      count === 1 ? 'The other one is looked after.' : `The other ${n} are looked after.`,
    quiet: 'All quiet.',
    connected: (count: number, n: string) => (count === 1 ? 'One is connected.' : `${n} are connected.`),
    busy: (count: number, n: string) =>
      count === 1 ? 'One is on its way, by itself.' : `${n} are on their way, by themselves.`,
    outage: 'WhatsApp cannot be reached.',
    waiting: (count: number, n: string) =>
      count === 1 ? 'One waits, and comes back by itself.' : `${n} wait, and come back by themselves.`,
    total: (count: number, n: string) => some(n, count, 'organization', 'organizations'),
    asOf: (time: string) => `as of ${time}`,
    calm: 'Nothing needs a person.',
    loading: 'Loading the fleet…',
  },
  horizon: 'All organizations as a picture: arrow keys move, Enter opens',
  filter: {
    label: 'Filter by state',
    bad: 'need a person',
    ok: 'connected',
    unwell: 'unwell',
    wait: 'retrying',
    go: 'restoring',
    pair: 'pairing',
    held: 'failed, wait by themselves',
    idle: 'idle',
  },
  state: {
    connected: 'Connected',
    restoring: 'Restoring',
    pairing: 'Pairing',
    retrying: 'Retrying',
    failed: 'Failed',
    idle: 'Idle',
  },
  detail: {
    ok: '',
    suspect: 'suspect',
    deaf: 'deaf',
    queued: 'waits its turn',
    connecting: 'connecting',
    verifying: 'being proven',
    pair: 'waits for the phone',
    bad: 'needs a person',
    held: 'waits by itself',
    stop: 'stopped by you',
    none: 'no phone linked',
    attempt: (n: string, max: string) => `try ${n} of ${max}`,
  },
  need: {
    new: (name: string, others: number) =>
      others === 0 ? `${name} needs a person.` : `${name} and ${others} more need a person.`,
    title: 'These need a person',
    same: (count: number, n: string) => some(n, count, 'organization', 'organizations'),
    show: 'Show them',
    more: (n: string) => `Show all ${n}`,
  },
  storm: {
    title: (time: string) => `Outage since ${time}`,
    text:
      'A few sessions try at a time. Check the network of this server. Do not restart it, and do ' +
      'not pair anything: the credentials are good, and failures do not count until it is over.',
    wait: 'wait',
    open: 'still open',
    lasts: 'lasts',
  },
  table: {
    caption: 'Organizations',
    search: 'Search',
    placeholder: 'Name, id or number',
    all: (n: string) => `all ${n}`,
    some: (n: string, of: string) => `${n} of ${of}`,
    state: 'State',
    org: 'Organization',
    number: 'Number',
    since: 'Since',
    next: 'Next try',
    why: 'Why',
    actions: 'Actions',
    nothing: 'No organization fits.',
    showAll: 'Show all',
    changed: (count: number, n: string) => `${some(n, count, 'has moved', 'have moved')} · sort again`,
  },
  empty: {
    title: 'Nothing on the horizon yet.',
    text: 'Vigía scans its directory and takes up each organization that it finds. None is there now.',
    link: 'Link the first phone',
    doctor: 'From a Baileys server? This command says whether its directory is ready, and changes nothing.',
  },
  time: {
    when: (time: string) => `(${time})`,
    now: 'now',
    yesterday: 'yesterday',
    inTurn: 'in turn',
    in: (left: string) => `in ${left}`,
    at: (time: string) => `at ${time}`,
    since: (time: string) => `since ${time}`,
    zone: (zone: string) => `Times are in ${zone}.`,
  },
  why: {
    pairing: (time: string) => `The attempt ends at ${time}.`,
    suspect: 'The last ping was not answered yet, or its credentials cannot be written.',
    deaf: 'Messages arrive, and the library reports none.',
    duplicate: (org: string) => `It has the same credentials as “${org}”.`,
    unsettled: 'Its credentials are being written by another program.',
    unreadable: 'Its credentials cannot be read.',
  },
  /** What a person should do, by the action of `attention`; for a failure, the reason says it better. */
  advice: {
    pair: 'Pair it again with the phone.',
    retry: 'Try it once more.',
    restart: 'Stop it and start it, which opens another connection now.',
    check_phone: 'Open WhatsApp on the phone and solve what it shows.',
    stop_other_program: 'Stop the other program that uses the same credentials, then try again.',
    remove_duplicate: 'Two directories hold the same linked device. Remove one of them.',
    check_storage: 'Check the free space, the owner and the permissions of the directory.',
  },
  reasons: {
    ...reasonTexts,
    // the contract names options of commands; the page has buttons
    locked: {
      summary: reasonTexts.locked.summary,
      action: 'Open WhatsApp on the phone and solve what it shows. Then press “I solved it”.',
    },
    older_copy: {
      summary: reasonTexts.older_copy.summary,
      action:
        'Put the newest credentials of this device here. If these are all there are, start it: some ' +
        'messages of contacts will be unreadable.',
    },
    wrong_account: {
      summary: reasonTexts.wrong_account.summary,
      action: 'Pair it again with the right phone. If the number is to change, use “Move to another number”.',
    },
  },
  act: {
    'session.pair': 'Link a phone',
    'session.retry': 'Try now',
    'session.restore': 'Start',
    'session.stop': 'Stop',
    'session.cancelPairing': 'Cancel the pairing',
    'session.logout': 'Log out…',
    pair: 'Pair again',
    retry: 'Try now',
    restart: 'Open',
    check_phone: 'I solved it',
    stop_other_program: 'Try now',
    remove_duplicate: 'Open',
    check_storage: 'Open',
    open: 'Open',
    showQr: 'Show QR',
    linkPhone: 'Link a phone',
    asked: 'Asked…',
    copy: 'Copy',
    copied: 'Copied',
    close: 'Close',
  },
  ...organizationEn,
  ...messagesEn,
  ...pagesEn,
  ...toolsEn,
} as const;
