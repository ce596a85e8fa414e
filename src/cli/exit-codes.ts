/** The exit codes, for scripts and for `docs/operators/CLI.md`. */
export const exits = {
  ok: { code: 0, doc: 'Done.' },
  failure: {
    code: 1,
    doc: 'The command failed; a message says why. `restore`, `retry` and `stop` of one organization, too.',
  },
  usage: { code: 2, doc: 'The command line or the configuration is not valid. Nothing was done.' },
  unreachable: { code: 3, doc: 'The server cannot be reached, or the connection to it was lost.' },
  auth: { code: 4, doc: 'There is no key, or it is not valid, or it does not permit the command.' },
  partly: {
    code: 5,
    doc: '`restore`, `retry` or `stop` failed for some or all of several organizations; each is named.',
  },
  unknown: {
    code: 6,
    doc: '`send`: the message may have been sent. The same `--key` repeats it safely, with `--retry`.',
  },
  interrupted: { code: 130, doc: 'Ctrl-C (128 + SIGINT, as in shells).' },
} as const satisfies Record<string, { readonly code: number; readonly doc: string }>;
export type Exit = keyof typeof exits;

/** An expected failure. `message` is for a person, and `code` is a slug for a program. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exit: Exit;
  readonly code: string;
  constructor(exit: Exit, code: string, message: string) {
    super(message);
    this.exit = exit;
    this.code = code;
  }
}
