/**
 * Patch of when Baileys acknowledges a receipt. It does so at once, and WhatsApp then forgets the receipt. So
 * a receipt for a message of ours reaches Baileys only after its meaning is durable here:
 * WHATSAPP-FACTS.md#receipts.
 */
import type { BinaryNode } from '@whiskeysockets/baileys';
import { listenersOf, type Parts, rewrapListeners } from './socket-parts.ts';

const receipts = 'CB:receipt';

export const receiptHoldProblem = ({ sock }: Parts): string | undefined =>
  listenersOf(sock.ws, receipts).length === 1
    ? undefined
    : 'the library does not take receipts with one listener';

/**
 * `durable` gets each receipt; a receipt for which it returns a promise waits for it. Receipts stay in order.
 * One whose promise rejects never reaches Baileys, so WhatsApp sends it again after the next login.
 */
export const holdReceipts = (
  parts: Parts,
  durable: (receipt: BinaryNode) => Promise<unknown> | undefined,
): void => {
  if (receiptHoldProblem(parts) !== undefined) return;
  let held = 0;
  let last: Promise<unknown> = Promise.resolve();
  rewrapListeners(parts.sock.ws, receipts, (listener) => (receipt) => {
    const written = durable(receipt as BinaryNode);
    if (written === undefined && held === 0) return listener(receipt);
    held += 1;
    const turn = Promise.allSettled([written, last]).finally(() => {
      held -= 1;
    });
    last = turn;
    return turn.then(async () => {
      await written;
      return listener(receipt);
    });
  });
};
