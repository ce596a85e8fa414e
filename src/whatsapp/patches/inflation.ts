/**
 * Patch of what the client library inflates. It inflates stanzas and histories without a bound, so two
 * megabytes from the network become two gigabytes and keep every organization waiting
 * (WHATSAPP-FACTS.md#inflation). Every inflation of this process ends with an error at a bound. A stanza that
 * is too large then ends its own connection (`frame-guard.ts`). Vigía itself inflates nothing.
 */
import { createInflate, Inflate } from 'node:zlib';

/**
 * The length of a frame has three bytes (`lib/Utils/noise-handler.js` of Baileys), so 16 MiB is what a frame
 * that is not compressed can have. How large WhatsApp's own are is not known; this is our own choice.
 */
export const largestStanzaBytes = 16 * 1024 * 1024;
/** How large WhatsApp's parts of a history are is not known, and we measured none: our own choice. */
export const largestHistoryBytes = 256 * 1024 * 1024;

/** An inflation that was ended at its bound. */
export class InflatedTooMuch extends RangeError {
  override readonly name = 'InflatedTooMuch';
  constructor(most: number) {
    super(`more than ${most} bytes were inflated`);
  }
}

/** What Node's inflating stream is made of, as far as it is used here. */
interface Inflating {
  push(chunk: unknown, encoding?: BufferEncoding): boolean;
  destroy(error: Error): unknown;
  /** Set by `inflate(buffer, callback)`: then the whole result is collected in memory. */
  readonly cb?: unknown;
}
interface Prototype extends Inflating {
  readonly constructor: unknown;
}
const installed = Inflate.prototype as unknown as Prototype;

export const inflationProblem = (prototype: object = installed): string | undefined => {
  if (!('push' in prototype) || !Object.isExtensible(prototype))
    return 'the inflating stream of Node cannot be bounded';
  return prototype === installed && Object.getPrototypeOf(createInflate()) !== prototype
    ? 'the inflating stream of Node has another form'
    : undefined;
};

/** Once for each process: a second call changes nothing. */
export const boundInflation = (): void => {
  if (inflationProblem() !== undefined || Object.hasOwn(installed, 'push')) return;
  const { push } = installed;
  const inflated = new WeakMap<Inflating, number>();
  const bounded = function (this: Inflating, chunk: unknown, encoding?: BufferEncoding): boolean {
    const size = (inflated.get(this) ?? 0) + (chunk instanceof Uint8Array ? chunk.length : 0);
    inflated.set(this, size);
    const most = typeof this.cb === 'function' ? largestStanzaBytes : largestHistoryBytes;
    if (size <= most) return push.call(this, chunk, encoding);
    this.destroy(new InflatedTooMuch(most));
    return false;
  };
  Object.defineProperty(installed, 'push', { value: bounded, writable: true, configurable: true });
};
