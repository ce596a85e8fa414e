/** `vigia healthcheck`: one request, one line, and 0 or 1 for HEALTHCHECK in a Dockerfile and for scripts. */
import http from 'node:http';
import https from 'node:https';
import { protocol } from '../../protocol/registry.ts';
import { serverAddress } from '../address.ts';
import type { Context, Register } from '../command.ts';

/** Docker waits 30 seconds by default. A server that needs this long for one small answer is not healthy. */
const answerMs = 5_000;
/** VIGIA_URL names a server to command, which may be another one. */
const originOf = (context: Context): string => {
  const { url } = serverAddress({ ...context, env: { ...context.env, VIGIA_URL: undefined } });
  const http = url.href.replace(/^ws/u, 'http');
  return http.replace(/\/+$/u, '').replace(new RegExp(`${protocol.path}$`, 'u'), '');
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
      const { statusCode = 0 } = response;
      response.destroy(); // another program may send a body without an end
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
        const url = `${originOf(context)}${ready ? '/readyz' : '/livez'}`;
        const { ok, answer } = await check(url);
        context.terminal.data({ ok, url, said: answer });
        context.terminal.line(`${ok ? 'healthy' : 'not healthy'}: ${url} (${answer})`);
        return ok ? 'ok' : 'failure';
      }),
    );
};
