/** Log events of the sessions: their states, the scans that find them, and their connections to WhatsApp. */
import { debug, error, fatal, info, type LogEntry, oncePer, warn } from './entry.ts';

const reportFault = 'Nothing now: the session continues. Please report the line as a fault.';
const ownRetry = 'Nothing: Vigía retries by itself. If it lasts, read the reason.';

export const sessionEvents = {
  'restore.began': info('restoring stored sessions'),
  'restore.done': info('restoration complete, automatic detection is on'),
  'scan.done': debug('the directory was scanned'),
  'scan.failed': error(
    'a scan of the directory failed, it will be repeated',
    'Read `why`: usually the disk, the permissions of `AUTH_DIR`, or too few file descriptors.',
  ),
  'watcher.lost': warn(
    'changes of the directory cannot be watched; new sessions are found by the periodic scan only',
    'Raise `fs.inotify.max_user_instances` (with `code: EMFILE`) or `fs.inotify.max_user_watches`, or ' +
      'accept the delay of one scan interval.',
  ),
  'fleet.frozen': error(
    'many sessions vanished at once: nothing is started or stopped until that is clear',
    'Check that the volume is mounted. Put the directories back within a minute, or they count as removed.',
  ),
  'fleet.thawed': info('the directory is back'),
  'root.lost': fatal(
    'the directory of the sessions is gone, ending',
    'Mount the volume and start Vigía again.',
  ),

  'session.detected': info('new session detected'),
  'session.restoring': info('restoring session'),
  'session.connected': info('session connected'),
  'session.retrying': warn('session lost, retrying', ownRetry),
  'session.failed': error('session failed', 'Look up `reason` under [Reasons](#every-reason).'),
  'session.idle': info('session is idle'),
  'session.suspect': warn(
    'session is suspect: its connection does not answer, or its credentials cannot be written',
    'With `writable: false`, check the disk. Otherwise nothing: Vigía tests the connection and replaces it.',
  ),
  'session.deaf': warn(
    'session is deaf: messages arrive, and the client library reports none',
    'Vigía opens another connection within the hour. To do that now, stop the session and restore it.',
  ),
  'session.unrecorded': error(
    'the state of this session could not be written',
    'Check the disk and the permissions of `.vigia/`. After a restart the session has its last recorded ' +
      'state.',
  ),
  'session.crashed': error(
    'session crashed, it will be loaded again',
    'Please report it as a fault of Vigía. After three crashes in ten minutes the session stays `failed` ' +
      'as `crashed`.',
  ),
  'session.logged_out': info('session logged out, credentials archived'),
  'session.removed': warn(
    'the directory of this session is gone, session removed',
    'Nothing, if you removed it. Otherwise put the directory back: the next scan finds it.',
  ),
  'pairing.began': info('pairing started'),
  'pairing.updated': info('pairing step'),

  'outage.began': error(
    'whatsapp cannot be reached: connecting slowly, failures do not count',
    "Check the server's network first, then WhatsApp's. Nothing needs a restart.",
  ),
  'outage.ended': info('whatsapp can be reached again'),
  'version.refused': warn(
    'whatsapp refuses our version: requesting the current one',
    'Usually resolves itself. Otherwise set `WHATSAPP_VERSION`, or update.',
  ),
  'version.lookup_failed': warn(
    'the version of whatsapp could not be looked up',
    'Nothing: the last known version is used. If sessions fail as `outdated`, allow the request or set ' +
      '`WHATSAPP_VERSION`.',
  ),
  'whatsapp.unproven': oncePer(
    'org',
    warn(
      'the server could not prove that it is WhatsApp',
      'A proxy or firewall that opens TLS answers in place of WhatsApp: find it. No login was sent; Vigía ' +
        'retries.',
    ),
  ),

  'connection.identity_in_use': oncePer(
    'org',
    warn(
      'this identity already has a socket',
      'Two directories hold the same device: remove one of them. `holder` names the organization that is ' +
        'connected.',
    ),
  ),
  'connection.open_failed': oncePer('org', warn('a connection could not be opened', ownRetry)),
  'connection.event_failed': oncePer(
    'org',
    warn('an event of a connection could not be handled', reportFault),
  ),
  'connection.command_failed': oncePer('org', warn('a command to a connection failed', reportFault)),
  'connection.dispose_failed': oncePer('org', warn('a connection could not be closed in order', reportFault)),
  'socket.listener_failed': oncePer('org', warn('a listener of the client library failed', reportFault)),
  'socket.close_failed': oncePer('org', warn('closing a socket failed', reportFault)),
  'socket.event_failed': oncePer(
    'org',
    warn('a network event could not be handled; the socket was cut', ownRetry),
  ),
  'socket.frame_unreadable': oncePer('org', warn('a frame could not be read; the socket was cut', ownRetry)),
  'socket.overrun': oncePer(
    'org',
    warn('stanzas arrived faster than they could be handled; the socket was cut', ownRetry),
  ),
  'message.not_kept': oncePer(
    'org',
    warn('a received message could not be written, because too much waits; the socket was cut', ownRetry),
  ),
  'message.search_failed': oncePer(
    'org',
    warn('a message that came again was not looked up in the database; its sender is asked again', ownRetry),
  ),
  'pairing.code_failed': warn(
    'a pairing code could not be requested',
    'Start the pairing again. If it lasts, pair with a QR.',
  ),
  'sending.failed': oncePer(
    'org',
    error('a call of the client library failed; the message was not sent', 'Please report it as a fault.'),
  ),
  'sending.outcome_unrecorded': oncePer(
    'org',
    warn(
      'what became of a sent message could not be recorded',
      'Check the disk. The message stays in its last state; a later receipt corrects it.',
    ),
  ),
  'sending.content_unavailable': oncePer(
    'org',
    warn(
      'a contact asked for a sent message again, and its content could not be read',
      'Check the disk. The contact asks up to five times.',
    ),
  ),
  'sending.devices_differ': debug('whatsapp knows other devices of a recipient; they are asked for again'),
  'sending.restriction_unknown': info('whatsapp did not tell whether the account is restricted'),
  'library.logged': debug('logged by the whatsapp library'),
  'library.console': debug('a library wrote to the console'),
  'patch.missing': warn(
    'a workaround cannot be applied; sessions run without it',
    'Install the versions of the lockfile (`npm ci`), or a newer version of Vigía. `without` says what ' +
      'it means.',
  ),
  'connection.proxy_failed': warn(
    'the proxy of this session refused the connection or could not be reached',
    'Check the proxy and its entry in `PROXY_FILE`, `PROXY_URL` or `HTTPS_PROXY`. `why` has its answer.',
  ),
  'proxy_file.unknown_organizations': warn(
    'the proxy file names organizations that do not exist: these lines have no effect',
    'Compare `examples` with the names of the directories in `AUTH_DIR`; upper and lower case differ.',
  ),
  'proxy_file.unusable': warn(
    'the proxy file cannot be used as it is now; its last usable content stays in force',
    'Correct the file as `problems` says. It is read again at the next connection.',
  ),
} satisfies Readonly<Record<string, LogEntry>>;
