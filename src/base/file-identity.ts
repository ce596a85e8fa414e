/**
 * Names a file among all files of the system, whatever its path: the device and the inode. `Stat` and Node's
 * `Stats` have both.
 */
export interface FileIdentity {
  readonly dev: number;
  readonly ino: number;
}
/** What also changes when the content of the file is written. */
export interface FileVersion extends FileIdentity {
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * Whether both paths lead to one file or directory. A path that leads nowhere (`undefined`) is the same as
 * nothing.
 */
export const isSameFile = (a: FileIdentity | undefined, b: FileIdentity | undefined): boolean =>
  a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;

/**
 * Equal for two stats of one file whose content was not written between them. Size and time count as well as
 * the inode, because a copy may be written into the same inode. Compared in memory only: device numbers may
 * change when the system starts again.
 */
export const versionOf = ({ dev, ino, size, mtimeMs }: FileVersion): string =>
  `${dev}:${ino}:${size}:${mtimeMs}`;
