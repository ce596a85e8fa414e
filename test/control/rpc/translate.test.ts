import { describe, expect, it } from 'vitest';
import { reasons } from '../../../machines/domain/disconnect.ts';
import { states } from '../../../machines/domain/view.ts';
import { iso, sessionOf } from '../../../src/control/rpc/translate.ts';
import { Session } from '../../../src/protocol/session.ts';
import { at, viewOf } from '../harness.ts';

describe('a view', () => {
  it('becomes a Session of exactly the declared shape, in every state and for every reason', () => {
    for (const state of states) {
      for (const reason of reasons) {
        const session = sessionOf(
          viewOf('acme', {
            state,
            lastError: { reason, at },
            pairing: { id: 'p', method: 'code', expiresAt: at },
          }),
        );
        expect(Session.parse(session)).toEqual(session);
        expect(JSON.parse(JSON.stringify(session.lastError))).not.toHaveProperty('statusCode');
      }
    }
  });
  it('keeps its nulls', () => {
    const nothing = {
      liveness: null,
      lastConnectedAt: null,
      nextRetryAt: null,
      lastError: null,
      account: null,
      pairing: null,
      step: null,
    };
    expect(sessionOf(viewOf('acme', nothing))).toMatchObject(nothing);
  });
});

describe('a time', () => {
  it('is ISO 8601 with milliseconds', () => {
    expect(iso(at)).toBe('2026-11-24T03:40:00.000Z');
  });
  it('outside 1970…9999 is moved to the nearest end of that span', () => {
    expect(iso(Number.POSITIVE_INFINITY)).toBe('9999-12-31T23:59:59.999Z');
    expect(iso(8.64e15 + 1)).toBe('9999-12-31T23:59:59.999Z');
    expect(iso(-1)).toBe('1970-01-01T00:00:00.000Z');
  });
});
