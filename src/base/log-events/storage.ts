/** Log events of the disk: directories, credentials, keys, the journal and the database. */
import { error, fatal, info, type LogEntry, oncePer, warn } from './entry.ts';

const nextScan = 'Nothing: the next scan tries again. If it lasts, read `code` and check the disk.';
const nothingLost =
  'Nothing was lost. Find the process that writes there: only Vigía may write into a live directory.';

export const storageEvents = {
  'root.opened': info('sessions are kept here'),
  'lock.lost': fatal(
    'another supervisor may log in with these sessions now, ending at once',
    'Read `why`. Put the right directory back at `AUTH_DIR`, then start Vigía again.',
  ),
  'lock.restored': warn(
    'the lock file was removed, and was put back; the directory itself stayed locked',
    'Nothing. Removing the file frees nothing: stop Vigía to free the directory.',
  ),
  'lock.file_only': warn(
    'this file system cannot lock a directory: only the lock file keeps a second supervisor out',
    'Do not remove `.vigia/lock`. Better, move `AUTH_DIR` to a local file system.',
  ),

  'directory.name_invalid': warn(
    'directory names that no organization may have were skipped',
    'Rename the directories in `examples`, or move them out.',
  ),
  'credentials.misplaced': warn(
    'credentials or databases are where no organization is: they are not used',
    'An organization is `AUTH_DIR/<org>/creds.json`. Move each of `examples` to such a place, or set ' +
      '`AUTH_DIR` to the directory above the organizations.',
  ),
  'directory.name_folded': warn(
    'refused: on this disk another directory has the same name in another case',
    'Rename one of the two directories.',
  ),
  'directory.symlink': warn(
    'refused: the directory of an organization is a symlink',
    'Move the real directory here.',
  ),
  'directory.exposed': warn(
    'directories or credentials can be read by other users of this machine',
    '`chmod 700` the directories and `chmod 600` their `creds.json`.',
  ),
  'record.unreadable': warn(
    'the record of an organization could not be read',
    'Check the disk and the permissions of `.vigia/`. The session is handled as one without a record.',
  ),
  'identity.not_noted': warn(
    'how far an identity is could not be read or noted: an older copy of it may not be recognised',
    'Check the disk and the permissions of `.vigia/identities/`.',
  ),
  'pairing.promoted': warn('a finished pairing that had been interrupted was put in place', 'Nothing.'),
  'pairing.archived': warn(
    'an interrupted pairing that cannot be finished was archived',
    'Pair the organization again.',
  ),
  'pairing.unfinished': warn(
    'an interrupted pairing could not be finished or archived; the next scan tries again',
    'If it lasts, read `problem` and check the disk.',
  ),
  'import.promoted': warn('an interrupted import was put in place', 'Nothing.'),

  'credentials.not_a_file': warn(
    'credentials refused: creds.json is not a regular file',
    'Put a regular file in its place.',
  ),
  'credentials.too_large': warn(
    'credentials refused: creds.json is too large',
    'Restore the file, or pair again.',
  ),
  'credentials.unreadable': warn(
    'credentials could not be read; nothing is assumed about them',
    'Check the owner and the permissions of `creds.json`, then the disk.',
  ),
  'credentials.corrupt': warn(
    'credentials are corrupt and no backup may replace them; they were left as they are',
    'Restore `creds.json` from a backup or a bundle, or pair again.',
  ),
  'credentials.restored_from_backup': warn(
    'corrupt or missing credentials were replaced by the backup of the same identity; a corrupt file was ' +
      'kept in quarantine',
    'Nothing. If it happens again, check the disk.',
  ),
  'credentials.backup_failed': warn(
    'corrupt credentials could not be replaced by their backup; the next scan tries again',
    nextScan,
  ),
  'credentials.write_failed': oncePer(
    'org',
    warn(
      'credentials cannot be written',
      'The disk is full, read-only or broken. The sessions continue in memory: do not restart before the ' +
        'disk works.',
    ),
  ),
  'credentials.refused': warn(
    'credentials cannot be used',
    'Look up `reason` under [Reasons](#every-reason).',
  ),
  'credentials.not_written': oncePer(
    'directory',
    warn(
      'credentials were not written: what the client library holds is not a sound identity',
      'Nothing: the stored credentials stay. Please report `because` as a fault.',
    ),
  ),
  'credentials.not_backed_up': oncePer(
    'directory',
    warn(
      'credentials were not backed up: what the client library holds is not a sound identity',
      'Nothing: the last backup stays. Please report `because` as a fault.',
    ),
  ),
  'credentials.overwritten': oncePer(
    'path',
    warn('another process wrote credentials of the same device; ours are kept', nothingLost),
  ),
  'credentials.damaged': oncePer(
    'path',
    warn('another process left unreadable credentials here; ours are put back', nothingLost),
  ),
  'credentials.removed': oncePer(
    'path',
    warn('the credentials of a live session were removed; they are put back', nothingLost),
  ),
  'store.replaced': warn(
    'another identity is in this directory now; nothing more is written',
    'Nothing, if you replaced it: the next scan connects it. Otherwise restore the directory from the ' +
      'archive or a bundle.',
  ),
  'store.gave_up': warn(
    'writes of an ended connection were given up',
    'Check the disk: `code` is its answer. The session may need keys again from its contacts.',
  ),
  'key.unreadable': oncePer(
    'directory',
    warn('a key file could not be read as a key; it was moved aside and counts as absent', 'Check the disk.'),
  ),

  'journal.damaged': warn(
    'parts of the journal cannot be read: keys that were only there are lost, and all others were read',
    'Check the disk. Contacts whose keys were lost negotiate new ones. `evidence` has the damaged files.',
  ),
  'journal.recreated': warn(
    'the directory of the journal was removed while Vigía ran, and was made again; no key was lost',
    'Find out what removed it. No other program may change `.vigia`.',
  ),
  'journal.outdated': warn(
    'an older version ran here after a kill: the journal is older than the files and was moved aside',
    'Nothing. Stop Vigía in order before you start an older version.',
  ),
  'journal.replayed': warn(
    'the process before was killed: its journal was put into the files',
    'Nothing. Find out what killed it.',
  ),
  'journal.keys_of_another': warn(
    'another identity is in this directory now: the last keys of the one before are not put there',
    'Nothing, if you replaced the directory.',
  ),
  'journal.files_newer': warn(
    'this directory is another copy of the session, or another program ran in it: its files stay, and the ' +
      'last keys of the killed process are not put over them',
    'Nothing, if you replaced the directory. `evidence` has the keys that were left out.',
  ),
  'journal.keys_dropped': warn(
    'this directory is gone: the last keys that were written for it are dropped',
    'Nothing, if you removed the directory.',
  ),
  'journal.keys_waiting': warn(
    'keys are safe in the journal, but cannot be put into their directory; it is tried again',
    'Check the permissions and the free space of the directory; `code` is the answer of the disk.',
  ),
  'journal.keys_left': warn(
    'keys could not be put into their directories; they stay in the journal until the next start',
    'Check the directories in `organizations` before the next start.',
  ),
  'journal.messages_waiting': warn(
    'received messages are safe in the journal, but the database does not take them; it is tried again',
    'Check the database and its disk; `why` is its answer.',
  ),
  'journal.messages_left': warn(
    'received messages are in the journal and not in the database; they stay there until the next start',
    'Nothing, if the next start has a database that works.',
  ),
  'journal.kept': warn(
    'the disk lost a write: the journal is kept until the next start',
    'Check the disk now; the next start writes everything again.',
  ),
  'journal.checkpoint_failed': warn(
    'the journal could not be emptied; it is tried again',
    'If it lasts, check the disk and its free space.',
  ),

  'database.damaged': warn(
    'the database is damaged: it was moved aside and an empty one took its place, earlier history is not ' +
      'shown',
    'Nothing: it holds no sessions. The damaged one is beside it as `state.lmdb.damaged-…`. If it ' +
      'happens again, check the disk.',
  ),
  'database.unusable': warn(
    'the database cannot be used: its content is kept in memory until the next start',
    'Check the free space and the permissions of `.vigia/state.lmdb`. The next start opens it again.',
  ),
  'history.write_failed': warn(
    'the history cannot be written, it will be tried again',
    'The disk is full or broken. Nothing is lost while Vigía runs.',
  ),
  'history.written': info('the history can be written again'),
  'history.pruned': info('the history of organizations that are long gone was removed'),
  'history.prune_failed': warn(
    'the history of organizations that are long gone could not be removed, it will be tried again',
    'If it lasts, check the disk.',
  ),
  'keys.unreadable': warn(
    'the stored API keys cannot be read: the known ones stay in force, and none can be revoked',
    'Check the owner and the permissions of the file.',
  ),
  'keys.reloaded': info('the stored API keys were read again'),
  'keys.reload_failed': error(
    'reading the stored API keys again failed',
    'Please report it as a fault. The known keys stay in force.',
  ),
} satisfies Readonly<Record<string, LogEntry>>;
