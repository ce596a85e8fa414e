/** An endpoint that fails gets one probe at a time; one bad message stops nothing. */
import { describe, expect, it } from 'vitest';
import {
  type Circuit,
  concurrency,
  createCircuit,
  failuresToOpen,
  firstOpenMs,
  longestOpenMs,
} from '../../src/delivery/circuit.ts';
import type { Outcome } from '../../src/delivery/http-post.ts';
import { longestRetryAfterMs } from '../../src/delivery/schedule.ts';

const failed: Outcome = { kind: 'failed', status: 500, error: 'http_500', slow: false };
const delivered: Outcome = { kind: 'delivered', status: 204 };
const attempt = (circuit: Circuit, at: number, outcome: Outcome) => {
  circuit.began(at);
  circuit.ended(outcome, at);
};
const opened = (at = 0) => {
  const circuit = createCircuit(1);
  for (let n = 0; n < failuresToOpen; n += 1) attempt(circuit, at, failed);
  return circuit;
};

describe('the circuit of an endpoint', () => {
  it('stays closed while failures are not in a row', () => {
    const circuit = createCircuit(1);
    for (let n = 0; n < 50; n += 1) {
      for (let m = 1; m < failuresToOpen; m += 1) attempt(circuit, n, failed);
      expect(circuit.allows(n)).toBe(concurrency);
      attempt(circuit, n, delivered);
    }
    expect(circuit.changesAt()).toBe(undefined);
  });
  it('opens after failures in a row, then allows one probe, and none beside it', () => {
    const circuit = opened();
    expect(circuit.allows(firstOpenMs - 1)).toBe(0);
    expect(circuit.changesAt()).toBe(firstOpenMs);
    expect(circuit.allows(firstOpenMs)).toBe(1);
    circuit.began(firstOpenMs);
    expect(circuit.allows(firstOpenMs + 1_000)).toBe(0);
    expect(circuit.changesAt()).toBe(undefined);
  });
  it('closes when a probe is delivered', () => {
    const circuit = opened();
    attempt(circuit, firstOpenMs, delivered);
    expect(circuit.allows(firstOpenMs)).toBe(concurrency);
  });
  it('waits longer after each failed probe, and never longer than the bound', () => {
    const circuit = opened();
    const waits: number[] = [];
    let at = firstOpenMs;
    for (let n = 0; n < 6; n += 1) {
      attempt(circuit, at, failed);
      const next = circuit.changesAt() ?? 0;
      waits.push(next - at);
      at = next;
    }
    expect(waits).toEqual([10_000, 20_000, 40_000, longestOpenMs, longestOpenMs, longestOpenMs]);
  });
  it('is not moved by attempts that were under way when it opened', () => {
    const circuit = opened();
    circuit.ended(failed, 10);
    circuit.ended(failed, 20);
    expect(circuit.changesAt()).toBe(firstOpenMs);
  });
  it.each([
    ['names a time', { ...failed, status: 429, slow: true, retryAfterMs: 120_000 }, 120_000],
    ['names none', { ...failed, status: 502, slow: true }, firstOpenMs],
    ['names a year', { ...failed, status: 503, retryAfterMs: 31_536_000_000 }, longestRetryAfterMs],
    ['names no wait', { ...failed, status: 503, retryAfterMs: 0 }, 0],
  ] as const)('pauses at once when a receiver asks for it and %s', (_, outcome, waitMs) => {
    const circuit = createCircuit(1);
    attempt(circuit, 0, outcome);
    expect(circuit.changesAt()).toBe(waitMs);
  });
});
