/** `vigia healthcheck`: one question, one line, 0 or 1: for HEALTHCHECK in a Dockerfile and for scripts. */
import http from 'node:http';
import https from 'node:https';
import { addressOf, inspectSettings } from '../../offline/settings.ts';
import { portIn } from '../address.ts';
import type { Context, Register } from '../command.ts';
import { Failure } from '../exit-codes.ts';

/** Docker waits 30 seconds by default; a server that needs this long for one line is not well. */
const answerMs = 5_000;
/** An address that stands for all of them is asked at loopback. */
const askedAt: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '[::1]' };

const originOf = ({ options, env }: Context): string => {
  if (options.url !== undefined) return options.url.replace(/^ws/u, 'http').replace(/\/$/u, '');
  const port = portIn(env);
  const { host, tls } = addressOf(inspectSettings(env));
  return `${tls ? 'https' : 'http'}://${askedAt[host] ?? (host.includes(':') ? `[${host}]` : host)}:${port}`;
};

/** The certificate is for the name that clients use, not for loopback; nothing secret is sent, so it is not checked. */
const ask = (url: string): Promise<{ readonly ok: boolean; readonly said: string }> =>
  new Promise((resolve) => {
    const unwell = (said: string): void => resolve({ ok: false, said });
    const isTls = url.startsWith('https:');
    const options = { timeout: answerMs, ...(isTls && { rejectUnauthorized: false }) };
    const request = (isTls ? https : http).get(url, options, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      resolve({ ok: statusCode >= 200 && statusCode < 300, said: `HTTP ${statusCode}` });
    });
    request.on('timeout', () => {
      unwell(`no answer within ${answerMs / 1_000} s`);
      request.destroy();
    });
    request.on('error', (error: NodeJS.ErrnoException) => unwell(error.code ?? error.message));
  });

export const healthcheck: Register = (program, run) => {
  program
    .command('healthcheck')
    .description('Asks the server on HOST and PORT whether it lives; ends with 0 or 1. Needs no key.')
    .option('--ready', 'Asks whether it can do its work (/readyz) instead of whether it lives (/livez).')
    .action(
      run(async (context, { ready }: { readonly ready?: boolean }) => {
        const origin = originOf(context);
        if (!/^https?:\/\//u.test(origin) || !URL.canParse(origin))
          throw new Failure('usage', 'bad_address', `--url: ${origin} is no address.`);
        const url = `${origin}${ready ? '/readyz' : '/livez'}`;
        const { ok, said } = await ask(url);
        context.terminal.data({ ok, url, said });
        context.terminal.line(`${ok ? 'well' : 'not well'}: ${url} (${said})`);
        return ok ? 'ok' : 'failure';
      }),
    );
};
