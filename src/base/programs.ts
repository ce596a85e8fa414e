/** The programs of the system that Vigía runs, and the packages that have them. */
export const packageOf = {
  flock: 'util-linux on Debian, Ubuntu and RHEL; flock on Alpine',
  sync: 'coreutils',
  'systemd-notify': 'systemd',
} as const;

/** A sentence for the operator. */
export const missingProgram = (program: keyof typeof packageOf): string =>
  `the program "${program}" is missing. Install the package ${packageOf[program]}`;
