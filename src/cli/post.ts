/** A plain POST to the server, for what a WebSocket does not carry. */
import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { protocol } from '../protocol/registry.ts';

const silenceMs = 10_000;
export interface Answer {
  readonly status: number;
  readonly body: string;
}
/** The certificate of the server on this machine need not be for loopback, so it is the trusted one. */
const tlsOptions = (certificate: string | undefined): https.RequestOptions =>
  certificate === undefined
    ? {}
    : { ca: certificate, allowPartialTrustChain: true, checkServerIdentity: () => undefined };

export interface PostOptions {
  readonly key: string;
  readonly certificate: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable;
  /** How long the connection may be silent. */
  readonly answerMs?: number;
}
export const postTo = (
  url: URL,
  { key, certificate, headers = {}, body, answerMs = silenceMs }: PostOptions,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, ...headers },
      timeout: answerMs,
    };
    const onAnswer = (response: http.IncomingMessage): void => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
    };
    const request =
      url.protocol === 'https:'
        ? https.request(url, { ...options, ...tlsOptions(certificate) }, onAnswer)
        : http.request(url, options, onAnswer);
    request.on('timeout', () => request.destroy(new Error(`no answer within ${answerMs / 1_000} s`)));
    request.on('error', reject);
    if (body === undefined) request.end();
    else pipeline(body, request).catch(reject); // an answer that came before the end has resolved it
  });

export const messageIn = (body: string): string => {
  try {
    const { error } = JSON.parse(body) as { readonly error?: { readonly message?: string } };
    return error?.message ?? '';
  } catch {
    return ''; // another program listens there
  }
};
/** `https://host/behind/a/proxy/`, from an address that may be a WebSocket's and may end with `/v1`. */
export const pageAddress = ({ href }: URL): URL => {
  const base = href.replace(/^ws/u, 'http').replace(/\/+$/u, '');
  return new URL(`${base.replace(new RegExp(`${protocol.path}$`, 'u'), '')}/`);
};
