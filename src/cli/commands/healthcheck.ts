/** `vigia healthcheck`: one request, one line, and 0 or 1 for HEALTHCHECK in a Dockerfile and for scripts. */
import http from 'node:http';
import https from 'node:https';
import { addressOf, inspectSettings } from '../../offline/settings.ts';
import { portIn } from '../address.ts';
import type { Context, Register } from '../command.ts';
import { Failure } from '../exit-codes.ts';

/** Docker waits 30 seconds by default. A server that needs this long for one small answer is not healthy. */
const answerMs = 5_000;
/** A server that listens on every address is checked on loopback. */
const loopbackOf: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

const originOf = ({ options, env }: Context): string => {
  if (options.url !== undefined) return options.url.replace(/^ws/u, 'http').replace(/\/$/u, '');
  const port = portIn(env);
  const { host, tls } = addressOf(inspectSettings(env));
  const literal = host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'https' : 'http'}://${loopbackOf[host] ?? literal}:${port}`;
};

/**
 * Does not verify the certificate: it is for the name that clients use, not for loopback, and nothing secret
 * is sent.
 */
const check = (url: string): Promise<{ readonly ok: boolean; readonly answer: string }> =>
  new Promise((resolve) => {
    const fail = (answer: string): void => resolve({ ok: false, answer });
    const isTls = url.startsWith('https:');
    const options = isTls ? { timeout: answerMs, rejectUnauthorized: false } : { timeout: answerMs };
    const request = (isTls ? https : http).get(url, options, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      resolve({ ok: statusCode >= 200 && statusCode < 300, answer: `HTTP ${statusCode}` });
    });
    request.on('timeout', () => {
      fail(`no answer within ${answerMs / 1_000} s`);
      request.destroy();
    });
    request.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
  });

export const healthcheck: Register = (program, run) => {
  program
    .command('healthcheck')
    .description('Checks whether the server on HOST and PORT is alive, and exits with 0 or 1. Needs no key.')
    .option('--ready', 'Checks whether the server is ready (/readyz) instead of alive (/livez).')
    .action(
      run(async (context, { ready }: { readonly ready?: boolean }) => {
        const origin = originOf(context);
        if (!/^https?:\/\//u.test(origin) || !URL.canParse(origin))
          throw new Failure('usage', 'bad_address', `--url: ${origin} is not an address.`);
        const url = `${origin}${ready ? '/readyz' : '/livez'}`;
        const { ok, answer } = await check(url);
        context.terminal.data({ ok, url, said: answer });
        context.terminal.line(`${ok ? 'healthy' : 'not healthy'}: ${url} (${answer})`);
        return ok ? 'ok' : 'failure';
      }),
    );
};
