/** The findings about one organization (see `codes.ts`). */
import { type Text, text } from './text.ts';

const ok = text('ok', 'organization');
const warn = text('warn', 'organization');
const fail = text('fail', 'organization');

export const organizationTexts = {
  restorable: ok('It is a linked device that can log in.'),
  unpaired: warn('No phone was ever linked in this directory.', 'Pair it, or move the directory out.'),
  half_paired: warn(
    'A pairing was started, and a phone never confirmed it. WhatsApp would refuse a login.',
    'Pair it again.',
  ),
  creds_missing: warn(
    'Its record exists, but its creds.json does not.',
    'Put its credentials back, import a bundle, or pair it.',
  ),
  unsettled: warn(
    'Its creds.json is being written, or its directory changed too recently: it may still be copied.',
    'Run the doctor again in a minute.',
  ),
  corrupt: fail(
    'Its creds.json does not hold credentials, and there is no usable backup.',
    'Replace it with good credentials, import a bundle, or pair it.',
  ),
  corrupt_with_backup: warn(
    'Its creds.json is missing, or does not hold credentials. The backup replaces it; a damaged file is ' +
      'kept as evidence.',
  ),
  not_a_file: fail(
    'Its creds.json is a symlink, a directory or a device, which is never followed.',
    'Replace it with a regular file.',
  ),
  too_large: fail(
    'Its creds.json is far larger than credentials ever are, so it is not read.',
    'Replace it with the right file.',
  ),
  unreadable: fail(
    'Its credentials cannot be read, so their state is unknown.',
    'Check the owner and the permissions, then the disk.',
  ),
  symlink_ignored: warn('It is a symlink, which is ignored.', 'Move the real directory here.'),
  duplicate: fail(
    'Another directory holds the same linked device, and only one of the two can log in.',
    'Move the copy out of the directory of the sessions.',
  ),
  identity_changed: warn(
    'The credentials belong to a linked device other than the recorded one.',
    'If you replaced them on purpose, do nothing: the old verdict no longer counts.',
  ),
  verdict: warn(
    'It has failed, and waits until its verdict is lifted.',
    'See "Every reason" in docs/operators/OPERATING.md.',
  ),
  stopped: ok('An operator stopped it, and it stays stopped.'),
  record_unreadable: fail(
    'Its record cannot be read, so its desired state is unknown, and it is not started.',
    'Check owner and permissions of .vigia/orgs, or move the record out: then the organization counts as ' +
      'new.',
  ),
  exposed: warn(
    'Other users of this machine can read its credentials.',
    'chmod 700 the directory and 600 the files.',
  ),
  foreign_owner: warn(
    'Some files belong to a user other than the present one.',
    'chown them to the user that runs Vigía.',
  ),
  odd_entries: warn(
    'There are symlinks or directories among its files, which are never followed.',
    'Move them out.',
  ),
  backup_other: warn(
    'Its creds.json.bak belongs to another device, and is not used.',
    'Nothing: the next login replaces it.',
  ),
  backup_worthless: warn('Its creds.json.bak is not usable.', 'Nothing: the next login replaces it.'),
  pre_keys_missing: warn(
    'It has made pre-keys, but none are left. The first messages of new contacts cannot be read until ' +
      'they are replaced.',
    'Copy the whole directory, not only creds.json. Otherwise they are replaced in time.',
  ),
  keys_damaged: warn(
    'The store moved damaged keys aside.',
    'Nothing: WhatsApp renegotiates them. If it happens again, check the disk.',
  ),
  leftovers: ok(
    'There are temporary files of a killed process. They are removed when the session is opened.',
  ),
  huge: warn(
    'It has more than 50,000 files, which makes every operation on it slow.',
    'Please report it: no healthy session is known to need that many.',
  ),
} satisfies Readonly<Record<string, Text>>;
