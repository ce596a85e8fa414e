/**
 * Every finding of the doctor: a stable code for programs, its level, its meaning, and the operator's next
 * step. The table in `docs/operators/OPERATING.md` is generated from this one.
 */
import { packageOf } from '../base/programs.ts';
import { organizationTexts } from './organization-codes.ts';
import { type Text, text } from './text.ts';

export type { Level } from './text.ts';

const okMachine = text('ok', 'machine');
const warnMachine = text('warn', 'machine');
const failMachine = text('fail', 'machine');
const okDirectory = text('ok', 'directory');
const warnDirectory = text('warn', 'directory');
const failDirectory = text('fail', 'directory');

export const texts = {
  node: okMachine('This version of Node is supported.'),
  node_too_old: failMachine('Node is too old for Vigía.', 'Install Node 24, or 22.12 and newer.'),
  node_untested: warnMachine(
    'Vigía is not tested with this version of Node.',
    'Install Node 24, or 22.12 and newer.',
  ),
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
  flock: okMachine('The program flock is installed.'),
  flock_missing: failMachine(
    'The program flock is missing. Without it, two supervisors could log in to the same session.',
    `Install the package ${packageOf.flock}.`,
  ),
  config: okMachine('The configuration is valid.'),
  config_invalid: failMachine(
    'Vigía would not start with this configuration.',
    'Correct it: docs/operators/CONFIGURATION.md lists every variable.',
  ),
  proxy_organization_unknown: warnMachine(
    'PROXY_FILE names organizations that do not exist: these lines have no effect.',
    'Compare them with the names of the directories in AUTH_DIR. Upper and lower case differ.',
  ),
  port_free: okMachine('The address of the control API is free.'),
  port_served: okMachine('The address of the control API is in use, as expected while a supervisor runs.'),
  port_in_use: failMachine(
    'Another program uses the address of the control API.',
    'Stop that program, or set PORT.',
  ),
  port_refused: failMachine(
    'The address of the control API cannot be used.',
    'Set HOST to an address of this machine and PORT above 1023.',
  ),
  descriptors: okMachine('There are enough file descriptors for this number of sessions.'),
  descriptors_low: warnMachine(
    'There are too few file descriptors: each session needs one, and files need some more.',
    'Raise the limit: `ulimit -n`, or LimitNOFILE in the systemd unit.',
  ),
  clock: okMachine('The clock agrees with the times in the files.'),
  clock_behind: warnMachine(
    'Some files carry a time in the future, so the clock is or was wrong. Bans would end at the wrong time.',
    'Set the clock, and keep it right with NTP.',
  ),
  stop_time: okMachine('The process manager gives the supervisor enough time to stop.'),
  stop_time_short: warnMachine(
    'The process manager may kill the supervisor before it has stopped, which takes up to 15 seconds.',
    'Set TimeoutStopSec=20 in the systemd unit, or kill_timeout: 20000 for pm2.',
  ),
  pm2_cluster: failMachine(
    'pm2 runs Vigía in cluster mode, which could start it twice.',
    'Set exec_mode: "fork" and instances: 1.',
  ),

  directory: okDirectory('The directory of the sessions is readable.'),
  directory_missing: warnDirectory(
    'The directory of the sessions does not exist.',
    'Check AUTH_DIR, or mount the volume. The first start creates the directory.',
  ),
  directory_unreadable: failDirectory(
    'The directory of the sessions cannot be read.',
    'Check AUTH_DIR, and run this as the user that runs Vigía.',
  ),
  directory_exposed: warnDirectory(
    'Other users of this machine can read the directory.',
    'chmod 700 the directory.',
  ),
  directory_foreign: warnDirectory(
    'The directory belongs to a user other than the present one.',
    'Run this command and Vigía as that user, or chown the directory.',
  ),
  lock_free: okDirectory('No supervisor runs on this directory.'),
  lock_held: okDirectory('A supervisor runs on this directory.'),
  lock_unclear: warnDirectory(
    'The doctor cannot see from here whether a supervisor runs on this directory.',
    'Run the doctor where the holder runs: on another machine, in another container, or as another user.',
  ),
  journal_left: warnDirectory(
    'A supervisor was killed here. Its journal holds keys of some organizations that their files lack.',
    'Start Vigía once before you copy the directories, or before another program or version uses them.',
  ),
  journal_messages: warnDirectory(
    'The journal of a supervisor that ended holds received messages that its database may lack.',
    'Start Vigía once before another program or version uses the directory: it hands them to the database.',
  ),
  journal_damaged: warnDirectory(
    'The disk damaged the journal of a killed supervisor. The next start uses its sound records.',
    'Check the disk. The start keeps a copy of the damaged files in .vigia/quarantine.',
  ),
  journal_files_newer: warnDirectory(
    'A supervisor was killed here, and another copy of a session is in its directory now.',
    'Nothing, if you put it there. The next start keeps its files and moves the old keys to quarantine.',
  ),
  journal_unreadable: failDirectory(
    'The journal of a killed supervisor cannot be read.',
    'Check the owner and the disk. If a newer version of Vigía wrote it, start that version.',
  ),
  takeover_ready: okDirectory('Vigía has never run here, and the directory is ready to be taken over.'),
  takeover_busy: warnDirectory(
    'Vigía has never run here, and credentials have just changed: the previous program may still run.',
    'Stop that program first: two logins of one device disconnect each other.',
  ),
  space: okDirectory('There is enough free space.'),
  space_low: warnDirectory('Free space or free inodes are running out.', 'Free some before writing fails.'),
  space_gone: failDirectory(
    'There is no free space or no free inode left, so credentials cannot be written.',
    'Free some space now.',
  ),
  name_skipped: warnDirectory(
    'Some directories are ignored, because their names are not valid names of organizations.',
    'Rename them (letters, digits and . _ @ + -), or move them out.',
  ),
  credentials_misplaced: failDirectory(
    'Credentials or databases are where no organization is, so they are not used.',
    'An organization is AUTH_DIR/<org>/creds.json. Move each to such a place, or set AUTH_DIR to the ' +
      'directory above the organizations.',
  ),
  name_folded: failDirectory('On this disk, two names lead to the same directory.', 'Rename one of the two.'),
  pairing_finished: okDirectory('A finished pairing was interrupted. The next start puts it in place.'),
  pairing_leftover: okDirectory(
    'A pairing was interrupted before a device was linked. The next start removes it.',
  ),
  pairing_unclear: warnDirectory(
    'A pairing was interrupted, and it is unclear whether a device was linked. The next start archives it.',
    'Find it in .vigia/archive/ after the start, and pair again.',
  ),
  import_leftover: warnDirectory(
    'An import was interrupted. The previous state is unchanged, and nothing is lost.',
    'Run the import again.',
  ),
  record_orphaned: okDirectory(
    'Some records have no directory. They are kept in case the directory comes back.',
  ),

  ...organizationTexts,
} satisfies Readonly<Record<string, Text>>;

export type Code = keyof typeof texts;
export const textOf = (code: Code): Text => texts[code];
