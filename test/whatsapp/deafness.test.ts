import { expect, test } from 'vitest';
import { hearing } from '../../src/whatsapp/deafness.ts';

const listener = () => {
  const told: string[] = [];
  let at = 1_000_000;
  const ears = hearing({ deafMs: 300_000, now: () => at, tell: ({ type }) => void told.push(type) });
  return {
    told,
    arrived: (afterMs = 0) => {
      at += afterMs;
      ears.arrived();
    },
    heard: (afterMs = 0) => {
      at += afterMs;
      ears.heard();
    },
  };
};

test('messages that keep arriving for five minutes with none told of are deafness, told again every five minutes', () => {
  const { told, arrived } = listener();
  for (let n = 0; n < 5; n += 1) arrived(60_000); // the first begins the five minutes
  expect(told).toEqual([]);
  arrived(59_999);
  expect(told).toEqual([]);
  arrived(1);
  expect(told).toEqual(['connection.deaf']);
  arrived(299_999);
  expect(told).toHaveLength(1);
  arrived(1);
  expect(told).toHaveLength(2);
});

test('one message that is passed over is none, however long nothing follows; nor is silence', () => {
  const { told, arrived, heard } = listener();
  arrived();
  heard(1);
  heard(86_400_000);
  arrived(86_400_000);
  expect(told).toEqual([]);
});

test('each message that is told of begins it anew, and ends it once', () => {
  const { told, arrived, heard } = listener();
  for (let n = 0; n < 100; n += 1) {
    arrived(299_000);
    heard(999);
  }
  expect(told).toEqual([]);
  arrived();
  arrived(300_000);
  heard();
  heard();
  arrived(1);
  expect(told).toEqual(['connection.deaf', 'connection.heard']);
});
