/** How the program can end: one table, for scripts and for `docs/operators/CLI.md`. */
export const exits = {
  ok: { code: 0, doc: 'Done.' },
  failure: {
    code: 1,
    doc: 'It could not be done; a sentence says why. Also when `restore`, `retry` or `stop` had one organization to do.',
  },
  usage: { code: 2, doc: 'The command line or the configuration is wrong. Nothing was done.' },
  unreachable: { code: 3, doc: 'The server cannot be reached, or the connection to it was lost.' },
  auth: { code: 4, doc: 'There is no key, it is not valid, or it may not do this.' },
  partly: { code: 5, doc: '`restore`, `retry` or `stop` had several organizations to do, and some or all of them failed; each is named.' },
  interrupted: { code: 130, doc: 'Ctrl-C, as shells have it (128 + SIGINT).' },
} as const satisfies Record<string, { readonly code: number; readonly doc: string }>;
export type Exit = keyof typeof exits;

/** An expected end that is not the wanted one. The message is a sentence for a person, `code` a slug for a program. */
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
