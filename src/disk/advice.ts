/** What an operator does about an error of the disk, by the code of the system. */
const permissions = 'check the owner and the permissions';
const space = 'free space or inodes there, or raise the quota';
const kind = 'something in its path is not a directory';
const descriptors =
  'raise the limit of open files: LimitNOFILE= of systemd, ulimits of compose, "ulimit -n" of a shell';
/** fsync(2): EINVAL for a descriptor that "does not support synchronization"; a directory on CIFS is one. */
const durability =
  'its file system cannot make files and names durable, as CIFS and some of FUSE; use a local one or NFS';

const advice: Readonly<Record<string, string>> = {
  EACCES: permissions,
  EPERM: permissions,
  EROFS: 'it is mounted read-only',
  ENOSPC: space,
  EDQUOT: space,
  EIO: 'the disk is broken; check the log of the kernel (dmesg)',
  EMFILE: descriptors,
  ENFILE: descriptors,
  ENOTDIR: kind,
  ELOOP: kind,
  EISDIR: kind,
  EEXIST: kind,
  EINVAL: durability,
  ENOTSUP: durability,
  EOPNOTSUPP: durability,
  ENOSYS: durability,
};

/** The end of a sentence, without a full stop. */
export const diskAdvice = (code: string): string => advice[code] ?? 'check that it can be written';
