/**
 * The secret from which ids of messages are derived. It belongs to one installation: a copy of the directory
 * must not give the same id to another content. So the file names the inode of `.vigia/`, and a secret of
 * another inode is replaced. See `docs/engineering/decisions/0014-sent-messages.md`.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { WriteLog } from '../base/log.ts';
import { type Disk, DiskFault } from '../disk/disk.ts';
import { replaceFile } from '../disk/replace-file.ts';

const secretBytes = 32;
const Stored = z.object({ inode: z.number(), secret: z.base64().length(44) });
export const secretName = 'messages-secret';

const storedIn = (bytes: Buffer | undefined) => {
  try {
    return Stored.safeParse(JSON.parse(bytes?.toString('utf8') ?? 'null')).data;
  } catch {
    return undefined; // damaged: it is replaced, as one of another installation is
  }
};
/** `directory`: `.vigia/`. Rejects with `DiskFault`. */
export const openSecret = async (disk: Disk, directory: string, log: WriteLog): Promise<Buffer> => {
  const path = join(directory, secretName);
  const stat = await disk.stat(directory);
  if (stat === undefined) throw new DiskFault('stat', directory, { code: 'ENOENT' });
  const bytes = await disk.read(path, 4_096);
  const stored = storedIn(bytes);
  if (stored?.inode === stat.ino) return Buffer.from(stored.secret, 'base64');
  const secret = randomBytes(secretBytes);
  const content = JSON.stringify({ inode: stat.ino, secret: secret.toString('base64') });
  await replaceFile(disk, path, content, 0o600);
  if (bytes !== undefined) log('messages.secret_replaced');
  return secret;
};

/** The form of ids that the client library makes: `3EB0` and 18 hexadecimal digits in upper case. */
export const createIds =
  (secret: Uint8Array) =>
  (org: string, principal: string, idempotencyKey: string): string => {
    const digest = createHmac('sha256', secret)
      .update(JSON.stringify([org, principal, idempotencyKey]))
      .digest('hex');
    return `3EB0${digest.slice(0, 18).toUpperCase()}`;
  };
