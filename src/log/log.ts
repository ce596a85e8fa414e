/** The log: one line an event, constant messages, allow-listed fields. Secrets never come here; the redaction is a second net. */
import { constants } from 'node:os';
import { type Logger, pino, stdTimeFunctions } from 'pino';
import { build as pretty } from 'pino-pretty';

export type Log = Logger;
const secret = ['apiKey', '*.apiKey', 'key', '*.key', 'qr', '*.qr', 'code', 'creds', '*.creds', 'authorization', '*.authorization'];

/** `code` is the name of a pairing code as well as of what the system calls its errors, and without those nobody can mend a disk. */
const systemCodes: ReadonlySet<unknown> = new Set([...Object.keys(constants.errno), 'EUNKNOWN', null]);
const censor = (value: unknown): unknown => (systemCodes.has(value) ? value : '[redacted]');

export interface LogOptions {
  readonly level: string;
  readonly format: 'json' | 'pretty';
}
export const openLog = ({ level, format }: LogOptions): Log => {
  const options = { level, base: null, timestamp: stdTimeFunctions.isoTime, redact: { paths: secret, censor } };
  return format === 'json'
    ? pino(options)
    : pino(
        options,
        pretty({
          sync: true,
          singleLine: true, // one event, one line, also for people
          ignore: 'org,part',
          messageFormat: '{if org}[{org}] {end}{msg}',
          translateTime: 'SYS:HH:MM:ss',
        }),
      );
};

/** `34600123456:7@s.whatsapp.net` is shown as `346*****56`: enough to recognise one's own, not enough to call it. */
export const masked = (accountId: string): string => {
  const phone = accountId.split(/[:@]/)[0] ?? '';
  return phone.length < 7 ? '*'.repeat(phone.length) : `${phone.slice(0, 3)}${'*'.repeat(phone.length - 5)}${phone.slice(-2)}`;
};
