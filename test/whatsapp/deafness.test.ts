import { expect, test } from 'vitest';
import { detectDeafness } from '../../src/whatsapp/deafness.ts';

const startDetector = () => {
  const facts: string[] = [];
  let at = 1_000_000;
  const detector = detectDeafness({
    deafMs: 300_000,
    isHeld: () => false,
    now: () => at,
    emit: ({ type }) => void facts.push(type),
  });
  return {
    facts,
    messageArrived: (afterMs = 0) => {
      at += afterMs;
      detector.messageArrived();
    },
    eventEmitted: (afterMs = 0) => {
      at += afterMs;
      detector.eventEmitted();
    },
  };
};

test('messages that keep arriving for five minutes without an event are deafness, which is repeated every five minutes', () => {
  const { facts, messageArrived } = startDetector();
  for (let n = 0; n < 5; n += 1) messageArrived(60_000); // the first begins the five minutes
  expect(facts).toEqual([]);
  messageArrived(59_999);
  expect(facts).toEqual([]);
  messageArrived(1);
  expect(facts).toEqual(['connection.deaf']);
  messageArrived(299_999);
  expect(facts).toHaveLength(1);
  messageArrived(1);
  expect(facts).toHaveLength(2);
});

test('neither silence nor one message without an event is deafness, however long it lasts', () => {
  const { facts, messageArrived, eventEmitted } = startDetector();
  messageArrived();
  eventEmitted(1);
  eventEmitted(86_400_000);
  messageArrived(86_400_000);
  expect(facts).toEqual([]);
});

test('each event starts the five minutes again, and ends deafness once', () => {
  const { facts, messageArrived, eventEmitted } = startDetector();
  for (let n = 0; n < 100; n += 1) {
    messageArrived(299_000);
    eventEmitted(999);
  }
  expect(facts).toEqual([]);
  messageArrived();
  messageArrived(300_000);
  eventEmitted();
  eventEmitted();
  messageArrived(1);
  expect(facts).toEqual(['connection.deaf', 'connection.heard']);
});
