import { describe, expect, it } from 'vitest';
import {
  isOpen,
  mayRepeat,
  mostRepeats,
  type SendFact,
  type SendState,
  stateAfter,
} from '../../machines/sending.ts';

const states: readonly SendState[] = [
  'queued',
  'sending',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'unknown',
];
const facts: readonly SendFact[] = [
  'began',
  'returned',
  'sent',
  'delivered',
  'read',
  'played',
  'rejected',
  'refused',
  'silent',
  'interrupted',
  'expired',
  'cancelled',
  'repeated',
];
const after = (from: SendState, ...what: readonly SendFact[]): SendState =>
  what.reduce((state, fact) => stateAfter(state, fact) ?? state, from);

/** Every pair that changes something. */
const receipts = ['delivered', 'read', 'played'];
const toFailed = (fact: string) => `${fact}→failed`;
const whole: Readonly<Record<SendState, readonly string[]>> = {
  queued: ['began→sending', 'sent', ...receipts, ...['refused', 'expired', 'cancelled'].map(toFailed)],
  sending: [
    'returned→queued',
    'sent',
    ...receipts,
    'rejected→failed',
    'refused→failed',
    'silent→unknown',
    'interrupted→unknown',
  ],
  sent: receipts,
  delivered: ['read', 'played'],
  read: ['played'],
  played: [],
  failed: [...receipts, 'repeated→queued'],
  unknown: ['sent', ...receipts, 'rejected→failed', 'repeated→queued'],
};
it.each(states)('a message that is %s changes only as the table says', (state) => {
  const changes = facts.flatMap((fact) => {
    const next = stateAfter(state, fact);
    if (next === undefined) return [];
    return [next === fact ? next : `${fact}→${next}`];
  });
  expect(changes.toSorted()).toEqual(whole[state].toSorted());
});
it('only WhatsApp or the recipient makes a message sent', () => {
  const left = ['sent', ...receipts];
  const own = facts.filter((fact) => !left.includes(fact));
  for (const state of states.filter((one) => !left.includes(one)))
    for (const fact of own) expect(['queued', 'sending', 'failed', 'unknown']).toContain(after(state, fact));
});
it('a receipt never takes a message back, whatever the order of arrival', () => {
  expect(after('sending', 'read', 'delivered', 'sent')).toBe('read');
  expect(after('sending', 'played', 'read', 'rejected')).toBe('played');
});
it('a late acknowledgement or receipt mends an unknown message, also one that waits to be repeated', () => {
  expect(after('sending', 'silent', 'sent')).toBe('sent');
  expect(after('sending', 'interrupted', 'delivered')).toBe('delivered');
  expect(after('sending', 'silent', 'repeated', 'sent')).toBe('sent');
});
it('an unknown message is never sent again by itself', () => {
  for (const fact of facts.filter((one) => one !== 'repeated'))
    expect(['queued', 'sending']).not.toContain(after('unknown', fact));
});
it('only a message that was not written can be cancelled or expire', () => {
  for (const state of states)
    for (const fact of ['cancelled', 'expired'] as const)
      expect(stateAfter(state, fact)).toBe(state === 'queued' ? 'failed' : undefined);
});
it('a message is open while something more happens to it without a call', () => {
  expect(states.filter(isOpen)).toEqual(['queued', 'sending']);
});

describe('a repeat', () => {
  it('is for messages that are unknown, were rejected, or expired', () => {
    expect(mayRepeat('unknown', 'no_ack', 0)).toBe(true);
    expect(mayRepeat('unknown', undefined, 0)).toBe(true);
    expect(mayRepeat('failed', 'rejected', 0)).toBe(true);
    expect(mayRepeat('failed', 'expired', 0)).toBe(true);
    expect(mayRepeat('failed', 'restricted', 0)).toBe(false);
    expect(mayRepeat('failed', 'recipient_unreachable', 0)).toBe(false);
    expect(mayRepeat('failed', undefined, 0)).toBe(false);
    for (const state of states.filter((one) => one !== 'unknown' && one !== 'failed'))
      expect(mayRepeat(state, 'rejected', 0), state).toBe(false);
  });
  it('is possible three times', () => {
    expect(mostRepeats).toBe(3);
    expect(mayRepeat('unknown', 'no_ack', 2)).toBe(true);
    expect(mayRepeat('unknown', 'no_ack', 3)).toBe(false);
  });
});
