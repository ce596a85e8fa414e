/**
 * An expected failure, returned and not thrown. `code` is for programs; `message` is a sentence for a person.
 */
export interface Failed<Code extends string = string> {
  readonly ok: false;
  readonly code: Code;
  readonly message: string;
}
export type Result<Success extends object, Code extends string = string> =
  | (Readonly<Success> & { readonly ok: true })
  | Failed<Code>;

export const failed = <Code extends string>(code: Code, message: string): Failed<Code> => ({
  ok: false,
  code,
  message,
});
