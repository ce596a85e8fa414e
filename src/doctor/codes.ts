/**
 * Everything the doctor can say: a stable code for programs, how bad it is, what it means, and what a person does about it. The
 * table in `docs/operators/OPERATING.md` is made from this one.
 */
export type Level = 'ok' | 'warn' | 'fail';
interface Text {
  readonly level: Level;
  readonly about: 'machine' | 'directory' | 'organization';
  readonly means: string;
  /** '' when there is nothing to do. */
  readonly action: string;
}
type About = Text['about'];
const say =
  (level: Level, about: About) =>
  (means: string, action = ''): Text => ({ level, about, means, action });
const [okMachine, warnMachine, failMachine] = [say('ok', 'machine'), say('warn', 'machine'), say('fail', 'machine')];
const [okDirectory, warnDirectory, failDirectory] = [say('ok', 'directory'), say('warn', 'directory'), say('fail', 'directory')];
const [ok, warn, fail] = [say('ok', 'organization'), say('warn', 'organization'), say('fail', 'organization')];

export const texts = {
  node: okMachine('This version of Node is supported.'),
  node_too_old: failMachine('Node is too old for Vigía.', 'Install Node 24, or 22.12 and newer.'),
  node_untested: warnMachine('Vigía is not tested with this version of Node.', 'Install Node 24, or 22.12 and newer.'),
  node_past_end: warnMachine(
    'Vigía runs on this version of Node, which no longer gets security fixes.',
    'Install Node 24, which also restores sessions with the least CPU.',
  ),
  patches: okMachine('Every workaround fits the installed client library and Node.'),
  patch_missing: warnMachine(
    'A workaround does not fit the installed client library or Node. Sessions run without it.',
    'Install the versions of the lockfile (`npm ci`), or a newer version of Vigía.',
  ),
  patch_essential: failMachine(
    'A safety measure does not fit the installed client library, so Vigía would not start.',
    'Install the versions of the lockfile (`npm ci`), or a newer version of Vigía.',
  ),
  flock: okMachine('The program flock is there.'),
  flock_missing: failMachine('The program flock is missing, without which two supervisors could log in twice.', 'Install util-linux.'),
  config: okMachine('The configuration is sound.'),
  config_invalid: failMachine(
    'Vigía would not start with this configuration.',
    'Correct it: docs/operators/CONFIGURATION.md lists every variable.',
  ),
  port_free: okMachine('The address of the control API is free.'),
  port_served: okMachine('The address of the control API is in use, as it should be while a supervisor is at work.'),
  port_in_use: failMachine('Another program uses the address of the control API.', 'Stop that program, or set PORT.'),
  port_refused: failMachine(
    'The address of the control API cannot be used.',
    'Set HOST to an address of this machine and PORT above 1023.',
  ),
  descriptors: okMachine('There are enough file descriptors for this many sessions.'),
  descriptors_low: warnMachine(
    'There are too few file descriptors for this many sessions: one each for its connection, and some for files.',
    'Raise the limit: `ulimit -n`, or LimitNOFILE in the systemd unit.',
  ),
  clock: okMachine('The clock agrees with what was written before.'),
  clock_behind: warnMachine(
    'Files here are from the future: the clock of this machine is behind, or it was ahead. Bans would end at the wrong time.',
    'Set the clock, and let it be kept by NTP.',
  ),
  stop_time: okMachine('What runs the supervisor gives it time to end in order.'),
  stop_time_short: warnMachine(
    'What runs the supervisor kills it before it may have ended in order (it takes up to 15 seconds).',
    'Set TimeoutStopSec=20 in the systemd unit, or kill_timeout: 20000 for pm2.',
  ),
  pm2_cluster: failMachine(
    'pm2 runs it in cluster mode, which is for programs that may exist twice.',
    'Set exec_mode: "fork", instances: 1.',
  ),

  directory: okDirectory('The directory of the sessions can be read.'),
  directory_missing: warnDirectory(
    'The directory of the sessions does not exist.',
    'Check AUTH_DIR, or mount the volume. The first start makes the directory.',
  ),
  directory_unreadable: failDirectory(
    'The directory of the sessions cannot be read.',
    'Check AUTH_DIR, and run this as the user that runs Vigía.',
  ),
  directory_exposed: warnDirectory('Other users of this machine may look into the directory.', 'chmod 700 the directory.'),
  directory_foreign: warnDirectory(
    'The directory belongs to another user than the one who asks.',
    'Run this, and Vigía, as that user; or chown the directory.',
  ),
  lock_free: okDirectory('No supervisor is at work here.'),
  lock_held: okDirectory('A supervisor is at work here.'),
  lock_unclear: warnDirectory(
    'Whether a supervisor is at work here cannot be seen from this place.',
    'Ask where the holder runs: another machine, another container, or another user.',
  ),
  journal_left: warnDirectory(
    'A supervisor was killed here: the last keys of some organizations are in its journal, and not in their files yet.',
    'Start Vigía once, before another program (an older version, too) uses these directories, or they are copied.',
  ),
  journal_unreadable: failDirectory(
    'What a supervisor that was killed left in its journal cannot be read.',
    'Check the owner and the disk; a newer version of Vigía than this one reads its own.',
  ),
  takeover_ready: okDirectory('Vigía was never at work here; the directories are ready to be taken over.'),
  takeover_busy: warnDirectory(
    'Vigía was never at work here, and credentials were changed just now: the program before it may still run.',
    'Stop that program first: two logins of one device throw each other out.',
  ),
  space: okDirectory('There is enough free space.'),
  space_low: warnDirectory('Free space or free inodes are running out.', 'Make room before writing fails.'),
  space_gone: failDirectory('There is no free space, or no free inode: credentials cannot be written.', 'Make room now.'),
  name_skipped: warnDirectory(
    'Directories with names that no organization may have are passed over.',
    'Rename them (letters, digits and . _ @ + -), or move them out.',
  ),
  name_folded: failDirectory('On this disk two names lead to the same directory.', 'Rename one of the two.'),
  pairing_finished: okDirectory('A finished pairing was interrupted; the next start puts it in place.'),
  pairing_leftover: okDirectory('A pairing in which no device was linked was interrupted; the next start removes it.'),
  pairing_unclear: warnDirectory(
    'An interrupted pairing can neither be finished nor is known to be worthless; the next start archives it.',
    'Look at it in .vigia/archive/ afterwards, and pair again.',
  ),
  import_leftover: warnDirectory('An import was interrupted; nothing of what was there before is lost.', 'Run the import again.'),
  record_orphaned: okDirectory('Records without a directory are kept, in case it comes back.'),

  restorable: ok('A linked device that can log in.'),
  unpaired: warn('No phone was ever linked in this directory.', 'Pair it, or move the directory out.'),
  half_paired: warn('A pairing was begun and never confirmed by a phone; a login would be refused.', 'Pair it again.'),
  creds_missing: warn('It is known, and its creds.json is not there.', 'Put its credentials back, import a bundle, or pair it.'),
  unsettled: warn('Its creds.json is being written, or changed so lately that nothing is believed yet.', 'Look again in a minute.'),
  corrupt: fail(
    'Its creds.json is not a set of credentials, and no backup beside it may be used.',
    'Put good credentials in their place, import a bundle, or pair it.',
  ),
  corrupt_with_backup: warn('Its creds.json is not a set of credentials; its backup takes its place, and the file is kept as evidence.'),
  not_a_file: fail('Its creds.json is a symlink, a directory or a device, and is never followed.', 'Put a regular file in its place.'),
  too_large: fail('Its creds.json is far larger than one ever is, and is not read.', 'Put the right file in its place.'),
  unreadable: fail('Its credentials cannot be read; nothing is assumed about them.', 'Check owner and permissions, then the disk.'),
  symlink_ignored: warn('It is a symlink, and passed over.', 'Move the real directory here.'),
  duplicate: fail(
    'Another directory holds the same linked device, and only one of the two may log in.',
    'Move the copy out of the directory of the sessions.',
  ),
  identity_changed: warn(
    'Another linked device lies here than the record knows.',
    'Nothing, if the credentials were exchanged on purpose: the old verdict no longer counts.',
  ),
  verdict: warn('It failed, and waits for what lifts its verdict.', 'See "Every reason" in docs/operators/OPERATING.md.'),
  stopped: ok('It was stopped by command, and stays so.'),
  record_unreadable: fail(
    'Its record cannot be read, so nothing is known of what was wanted; it is not started.',
    'Check owner and permissions of .vigia/orgs, or move the record out: then it counts as new.',
  ),
  exposed: warn('Other users of this machine may read its credentials.', 'chmod 700 the directory and 600 the files.'),
  foreign_owner: warn('Files belong to another user than the one who asks.', 'chown them to the user that runs Vigía.'),
  odd_entries: warn('There are symlinks or directories among its files; they are never followed.', 'Move them out.'),
  backup_other: warn('Its creds.json.bak is of another device, and will not be used.', 'It is replaced after the next login.'),
  backup_worthless: warn('Its creds.json.bak cannot be used.', 'It is replaced after the next login.'),
  pre_keys_missing: warn(
    'It has no pre-keys although some were made: first messages of contacts cannot be read until they are replaced.',
    'Copy the whole directory, not only creds.json. Otherwise it mends itself in time.',
  ),
  keys_damaged: warn(
    'Keys that made no sense were moved aside by the store.',
    'Nothing: WhatsApp renegotiates them. Check the disk if it goes on.',
  ),
  leftovers: ok('Temporary files of a killed process lie there; they are removed when the session is opened.'),
  huge: warn(
    'It has more than 50,000 files, which makes everything about it slow.',
    'Tell us: no healthy session is known to need that many.',
  ),
} satisfies Readonly<Record<string, Text>>;

export type Code = keyof typeof texts;
export const textOf = (code: Code): Text => texts[code];

export interface Finding {
  readonly level: Level;
  readonly code: Code;
  /** One sentence: what was seen, here and now. */
  readonly message: string;
  /** What to do; null when there is nothing to do. */
  readonly action: string | null;
}

/** `seen`: what is particular to this case, put behind what the code means. `action` replaces that of the table by an exact one. */
export const finding = (code: Code, seen = '', action?: string): Finding => {
  const text = textOf(code);
  const todo = action ?? text.action;
  return {
    level: text.level,
    code,
    message: seen === '' ? text.means : `${text.means.replace(/\.$/u, '')} (${seen}).`,
    action: todo === '' ? null : todo,
  };
};
