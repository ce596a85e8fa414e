/**
 * What can be done, held against the machine itself: what is offered changes something, and what is not
 * offered changes nothing.
 */
import { describe, expect, it } from 'vitest';
import { commandNames, type SessionCommand } from '../../machines/domain/commands.ts';
import { defaultPolicy } from '../../machines/domain/policy.ts';
import type { SessionInput } from '../../machines/session/context.ts';
import { canDo } from '../../src/protocol/explain/commands.ts';
import { onVirtualTime, settle } from '../machines/fake-clock.ts';
import { found, record } from '../machines/harness.ts';
import { type RealSession, startSession } from '../machines/spec/harness.ts';

interface Situation {
  readonly input?: Partial<SessionInput>;
  readonly play?: (s: RealSession) => void;
}
const closed = (reason: 'timeout' | 'revoked' | 'locked') => (s: RealSession) => {
  s.admit();
  s.net({ type: 'connection.closed', reason });
};
const connected = (s: RealSession) => {
  s.admit();
  s.net(
    { type: 'connection.opened', account: { id: '1:1@s.whatsapp.net', name: null } },
    { type: 'connection.caughtUp' },
  );
};
const pair = { type: 'session.pair', pairing: { id: 'p', method: 'qr' } } as const;
const scenes: Readonly<Record<string, Situation>> = {
  stopped: { input: { found: found('acme', { record: record('acme', { desired: 'stopped' }) }) } },
  unpaired: { input: { found: found('acme', { stored: 'unpaired', fingerprint: '' }) } },
  queued: {},
  connected: { play: connected },
  retrying: { play: closed('timeout') },
  revoked: { play: closed('revoked') },
  locked: { play: closed('locked') },
  crashed: { input: { crashed: true } },
  'crashed and stopped': { input: { crashed: true }, play: (s) => s.send({ type: 'session.stop' }) },
  duplicate: { input: { found: found('acme', { duplicateOf: '2' }) } },
  pairing: {
    input: { found: found('acme', { stored: 'unpaired', fingerprint: '' }) },
    play: (s) => s.send(pair),
  },
};

describe.each(Object.keys(scenes))('a session that is %s', (name) => {
  onVirtualTime();
  it.each(commandNames)('%s', async (method) => {
    const { input = {}, play } = scenes[name] ?? {};
    const s = startSession(defaultPolicy, input);
    await settle();
    play?.(s);
    await settle();
    const offered = canDo(s.view(), Date.now()).find((can) => can.method === method);
    const [reported, value] = [s.reports.length, JSON.stringify(s.value())];
    const command: SessionCommand =
      method === 'session.pair' ? pair : { type: method, ...(offered?.force && { force: true }) };
    s.send(command);
    await settle();
    const changed = s.reports.length > reported || JSON.stringify(s.value()) !== value;
    if (offered) expect(changed).toBe(true);
    else if (!(name === 'unpaired' && method === 'session.restore')) expect(changed).toBe(false);
  });
});
