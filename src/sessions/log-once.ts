/** The only thing this folder says to the log. Messages are constants; what varies is in the fields. */
export interface WarnLog {
  warn(message: string, fields: Readonly<Record<string, unknown>>): void;
}

export const warnings = {
  oddNames: 'directory names that no organization may have were skipped',
  foldedName: 'refused: on this disk another directory has the same name but for its case',
  symlinkedDirectory: 'refused: the directory of an organization is a symlink',
  notAFile: 'credentials refused: creds.json is not a regular file',
  tooLarge: 'credentials refused: creds.json is too large to be one',
  exposed: 'directories or credentials can be read by other users of this machine; chmod 700 the directory and 600 creds.json',
  unreadable: 'credentials could not be read; nothing is assumed about them',
  recordUnreadable: 'the record of an organization could not be read',
  corrupt: 'credentials are corrupt and there is no backup that may replace them; they were left as they are',
  backupFault: 'corrupt credentials could not be replaced by their backup; it is tried again at the next scan',
  restored: 'corrupt credentials were replaced by the backup of the same identity; the corrupt file was kept in quarantine',
  pairingPromoted: 'a finished pairing that had been interrupted was put in place',
  pairingArchived: 'an interrupted pairing that cannot be finished was archived',
  pairingFailed: 'an interrupted pairing could not be dealt with; it is tried again at the next scan',
  importFinished: 'an interrupted import was put in place',
  hintsLost: 'changes of the directory cannot be watched; new sessions are noticed by the periodic scan only',
} as const;

/** Far more than there are directories in any sound tree; then it forgets and may say things twice. */
const rememberedWarnings = 100_000;
/** So many names are shown; the field `count` has the number of all. */
const shownExamples = 20;

export interface Once {
  /** Warns unless it has said the same about `subject`. */
  warn(message: string, subject: string, fields: Readonly<Record<string, unknown>>): void;
  /** One line for all subjects that are new: `{count, examples}`. Ten thousand lines at a first start would help nobody. */
  warnTogether(message: string, subjects: readonly string[]): void;
  /** What was said is no longer so: should it come back, it is news. */
  forget(message: string, subject: string): void;
}

export const sayOnce = (log: WarnLog): Once => {
  const said = new Set<string>();
  const isNews = (message: string, subject: string): boolean => {
    const key = `${message}\n${subject}`;
    if (said.has(key)) return false;
    if (said.size >= rememberedWarnings) said.clear();
    said.add(key);
    return true;
  };
  return {
    warn: (message, subject, fields) => {
      if (isNews(message, subject)) log.warn(message, fields);
    },
    warnTogether: (message, subjects) => {
      const news = subjects.filter((subject) => isNews(message, subject));
      if (news.length > 0) log.warn(message, { count: news.length, examples: news.slice(0, shownExamples) });
    },
    forget: (message, subject) => void said.delete(`${message}\n${subject}`),
  };
};
