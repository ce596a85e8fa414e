import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandNames } from '../../machines/domain/commands.ts';
import { reasons } from '../../machines/domain/disconnect.ts';
import { closes, errors } from '../../src/protocol/errors.ts';
import { events } from '../../src/protocol/events.ts';
import { methods } from '../../src/protocol/methods.ts';
import { messageOfReason, reasonTexts } from '../../src/protocol/reasons.ts';
import { protocol } from '../../src/protocol/registry.ts';
import { scopes, topicScopes } from '../../src/protocol/scopes.ts';
import { LastError, OrgId, orgIdMessage } from '../../src/protocol/session.ts';

describe('the registry', () => {
  it('has a method for every command of a session', () => {
    expect(Object.keys(methods)).toEqual(expect.arrayContaining([...commandNames]));
  });
  it('describes every method, event and error in a sentence', () => {
    for (const { doc } of [
      ...Object.values(methods),
      ...Object.values(events),
      ...Object.values(errors),
      ...Object.values(closes),
    ]) {
      expect(doc).toMatch(/^\S.*\.$/);
    }
  });
  it('requires a scope for every method that concerns a session', () => {
    const free = Object.entries(methods).filter(([, { scope }]) => scope === null);
    expect(free.map(([name]) => name)).toEqual(['initialize', 'unsubscribe', 'ping']);
    expect(Object.values(topicScopes).every((scope) => scopes.includes(scope))).toBe(true);
  });
  it('uses each number once, in the ranges that JSON-RPC and WebSocket leave free', () => {
    // the slugs tell these apart: two kinds of wrong params, and two recipients that get nothing
    const sharing = new Set(['media_refused', 'restricted']);
    const numbers: readonly number[] = Object.entries(errors).flatMap(([slug, { code }]) =>
      sharing.has(slug) ? [] : [code],
    );
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(
      numbers.every(
        (code) =>
          [-32700, -32600, -32601, -32602, -32603].includes(code) || (code <= -32000 && code >= -32099),
      ),
    ).toBe(true);
    const codes = Object.values(closes).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.every((code) => (code >= 1000 && code <= 1014) || (code >= 4000 && code <= 4999))).toBe(
      true,
    );
  });
  it('lets clients stop after 44xx except 4408 and 4429, and reconnect after 4508', () => {
    for (const { code, reconnect } of Object.values(closes)) {
      if (code >= 4400 && code < 4500)
        expect(reconnect, String(code)).toBe([4408, 4429].includes(code) ? 'backoff' : 'no');
    }
    expect(closes.slow_consumer.reconnect).toBe('backoff');
  });
  it('can be published as JSON Schema', () => {
    for (const [name, { params, result }] of Object.entries(protocol.methods)) {
      expect(z.toJSONSchema(params, { target: 'draft-7', io: 'input' }).type, name).toBe('object');
      expect(z.toJSONSchema(result, { target: 'draft-7' }).type, name).toBe('object');
    }
    for (const { data } of Object.values(protocol.events))
      expect(z.toJSONSchema(data, { target: 'draft-7' })).toBeTypeOf('object');
    expect(protocol.supportedVersions).toContain(protocol.version);
  });
});

describe('a reason', () => {
  it.each(reasons)('%s has two different sentences that fit into lastError.message', (reason) => {
    const { summary, action } = reasonTexts[reason];
    expect(summary).toMatch(/^[A-Z].{15,}\.$/);
    expect(action).toMatch(/^[A-Z].{15,}\.$/);
    expect(
      LastError.parse({ reason, message: messageOfReason(reason), at: '2026-11-24T03:40:00.000Z' }).message,
    ).toBe(`${summary} ${action}`);
  });
  it('never has the text of another reason', () => {
    expect(new Set(reasons.map((reason) => reasonTexts[reason].summary)).size).toBe(reasons.length);
  });
});

describe('an organization id', () => {
  it.each([
    '2',
    '4',
    'acme',
    'Acme.es',
    'ana@optica.es',
    '34600+1',
    'a-b_c',
    'constructor',
    'console',
    'com10',
    'tmp',
    'x'.repeat(128),
  ])('may be %s', (id) => {
    expect(OrgId.parse(id)).toBe(id);
  });
  it.each([
    ...[
      '',
      '.',
      '..',
      '../etc',
      'a/b',
      'a%2f',
      'a\\b',
      'é',
      'a\0',
      '__proto__',
      '-a',
      ' a',
      'a\n',
      'x'.repeat(129),
      7,
      null,
    ],
    ...['lost+found', 'con', 'CON', 'Nul.txt', 'com1', '2.tmp', '2.TMP', '2~'], // no directory may be called so either: one expression for both
  ])('may not be %j, and the message names the rule', (id) => {
    expect(OrgId.safeParse(id).error?.issues[0]?.message).toBe(orgIdMessage);
  });
});
