/**
 * `vigia open`: the address of the page, with a code that logs in once, within a minute. It starts no
 * browser: the arguments of a program can be listed by every user of the machine, and the code would be one.
 */
import { protocol } from '../../protocol/registry.ts';
import { serverAddress } from '../address.ts';
import { findKey } from '../api-key.ts';
import type { Context, Register } from '../command.ts';
import { Failure } from '../exit-codes.ts';
import { type Answer, messageIn, pageAddress, postTo } from '../post.ts';
import { printable } from '../terminal.ts';

interface Code {
  readonly code: string;
  readonly expiresAt: string;
}
const refusalOf = ({ status, body }: Answer, url: URL): Failure => {
  const message = printable(messageIn(body));
  if (status === 401)
    return new Failure(
      'auth',
      'unauthenticated',
      `the server at ${url.host} does not accept the API key. ${message}`,
    );
  return new Failure(
    'failure',
    'no_code',
    `the server at ${url.host} gave no code (HTTP ${status}). ${message}`,
  );
};
/** Throws `Failure`. */
const codeFor = async (context: Context): Promise<Code & { readonly page: URL }> => {
  const { url, from, certificate } = serverAddress(context);
  const page = pageAddress(url);
  const isLocal = from === 'settings' || /^(localhost|127\.[\d.]+|\[::1\])$/u.test(page.hostname);
  const target = new URL(`${protocol.loginPath.slice(1)}/code`, page);
  let answer: Answer;
  try {
    answer = await postTo(target, { key: findKey(context, isLocal), certificate });
  } catch (error) {
    if (error instanceof Failure) throw error;
    const why = printable((error as Error).message);
    throw new Failure('unreachable', 'unreachable', `the server at ${page.host} cannot be reached (${why}).`);
  }
  if (answer.status !== 200) throw refusalOf(answer, page);
  return { ...(JSON.parse(answer.body) as Code), page };
};

export const open: Register = (program, run) => {
  program
    .command('open')
    .description('Prints the address of the page with a code that logs in once, within a minute.')
    .action(
      run(async (context) => {
        const { code, expiresAt, page } = await codeFor(context);
        const shown = `${code.slice(0, 4)}-${code.slice(4)}`;
        const address = `${page.href}#code=${shown}`;
        context.terminal.data({ address, code: shown, expiresAt });
        context.terminal.line(address);
        context.terminal.note(
          'It logs in once, within a minute. The browser that opens it first gets the key of this command.',
        );
        return 'ok';
      }),
    );
};
