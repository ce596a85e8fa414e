/** The log on pino: one line an event. Callers never pass a secret; the redaction is a second net. */
import { constants } from 'node:os';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Log, LogFields, WriteLog } from '../base/log.ts';
import { logEvents } from '../base/log-events.ts';
import { createLineLimit, type LineLimit } from './line-limit.ts';

const secret = [
  'apiKey',
  '*.apiKey',
  'key',
  '*.key',
  'qr',
  '*.qr',
  'code',
  'creds',
  '*.creds',
  'authorization',
  '*.authorization',
];

/**
 * `code` names a pairing code and a system error. The system errors stay readable: an operator needs them to
 * repair a disk.
 */
const systemCodes: ReadonlySet<unknown> = new Set([...Object.keys(constants.errno), 'EUNKNOWN', null]);
const censor = (value: unknown): unknown => (systemCodes.has(value) ? value : '[redacted]');

export interface LogOptions {
  readonly level: string;
  /** `pretty`: for people, one line an event too. */
  readonly format: 'json' | 'pretty';
  /** `openLogOutput` in the program; without it standard output, which may block. */
  readonly destination?: DestinationStream;
}

const prettyLines = (destination: DestinationStream): DestinationStream => {
  const lineOf = prettyFactory({
    singleLine: true,
    ignore: 'org,part',
    messageFormat: '{if org}[{org}] {end}{msg}',
    translateTime: 'UTC:HH:MM:ss',
  });
  return { write: (line) => destination.write(lineOf(line)) };
};

/** `given`: the fields of every line of this logger, which pino writes. */
const logOn = (logger: Logger, limited: LineLimit, given: LogFields): Log => {
  const writeAlways: WriteLog = (event, fields) => {
    const { level, message } = logEvents[event];
    logger[level]({ ...fields, event }, message);
  };
  const write: WriteLog = (event, fields = {}) => {
    const { oncePer, level } = logEvents[event];
    const named: LogFields = { ...given, ...fields, event };
    const subject = oncePer && named[oncePer];
    if (typeof subject !== 'string' || !logger.isLevelEnabled(level)) return writeAlways(event, fields);
    limited(event, subject, fields, writeAlways);
  };
  const child = (fields: LogFields) => logOn(logger.child(fields), limited, { ...given, ...fields });
  return Object.assign(write, { child });
};

export const openLog = (o: LogOptions): Log => {
  const options = {
    level: o.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: secret, censor },
  };
  const destination = o.destination ?? process.stdout;
  const logger = pino(options, o.format === 'json' ? destination : prettyLines(destination));
  return logOn(logger, createLineLimit(), {});
};

/**
 * `34600123456:7@s.whatsapp.net` is shown as `346*****56`: enough to recognise a known number, too little to
 * call it.
 */
export const masked = (accountId: string): string => {
  const phone = accountId.split(/[:@]/)[0] ?? '';
  return phone.length < 7
    ? '*'.repeat(phone.length)
    : `${phone.slice(0, 3)}${'*'.repeat(phone.length - 5)}${phone.slice(-2)}`;
};
