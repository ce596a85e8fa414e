/** How a command is answered. */
import { describe, expect, it } from 'vitest';
import { fromPromise } from 'xstate';
import { advance, onVirtualTime, settle } from '../fake-clock.ts';
import { answerOf, openFleet } from './harness.ts';

onVirtualTime();
const pair = { type: 'session.pair', pairing: { id: 'p', method: 'qr' } } as const;

describe('a command', () => {
  it("the answer is the session's new state, once it is on disk", async () => {
    const { w, executeCommand } = await openFleet();
    const { answer } = await (async () => {
      const box = answerOf(executeCommand('acme', { type: 'session.stop' }));
      await settle();
      return box;
    })();
    expect(answer).toMatchObject({
      ok: true,
      changed: true,
      durable: true,
      session: { state: 'idle', desired: 'stopped' },
    });
    expect(w.disk.get('acme')?.desired).toBe('stopped');
  });
  it('the answer says when nothing changed', async () => {
    const { executeCommand } = await openFleet();
    expect(await executeCommand('acme', { type: 'session.restore' })).toMatchObject({
      ok: true,
      changed: false,
      durable: true,
    });
    await executeCommand('acme', { type: 'session.stop' });
    expect(await executeCommand('acme', { type: 'session.stop' })).toMatchObject({
      ok: true,
      changed: false,
      durable: true,
    });
  });
  it('forgiven attempts and a new desired state are changes', async () => {
    const { w, executeCommand } = await openFleet(['acme'], 'nothing');
    w.close('server_busy');
    await advance(6_500);
    w.close('server_busy');
    expect(await executeCommand('acme', { type: 'session.retry' })).toMatchObject({
      changed: true,
      session: { state: 'restoring', attempt: 0 },
    });
    w.close('revoked');
    await settle();
    expect(await executeCommand('acme', { type: 'session.stop' })).toMatchObject({
      changed: true,
      session: { state: 'failed', desired: 'stopped' },
    });
  });
  it('a new state alone is a change', async () => {
    const { w, executeCommand } = await openFleet(['acme'], 'nothing');
    w.close('server_busy');
    expect(await executeCommand('acme', { type: 'session.restore' })).toMatchObject({
      changed: true,
      session: { state: 'restoring', attempt: 1 },
    });
  });
  it('an attempt that has failed again by then is a change', async () => {
    let write = () => Promise.resolve();
    const { w, executeCommand } = await openFleet(
      ['acme'],
      'nothing',
      fromPromise(() => write()),
    );
    w.close('server_busy');
    await advance(6_500);
    w.close('server_busy');
    let written = () => {};
    write = () =>
      new Promise((resolve) => {
        written = resolve;
      });
    const box = answerOf(executeCommand('acme', { type: 'session.retry' }));
    w.close('server_busy');
    await advance(4_999);
    expect(box.answer).toBeUndefined();
    written();
    await advance(1);
    expect(box.answer).toMatchObject({ changed: true, session: { state: 'retrying', attempt: 1 } });
  });
  it('the answer says when the record could not be written', async () => {
    const { w, executeCommand } = await openFleet();
    w.diskFails = true;
    expect(await executeCommand('acme', { type: 'session.stop' })).toMatchObject({
      ok: true,
      durable: false,
      session: { state: 'idle' },
    });
  });
  it('the answer waits at most five seconds for the record', async () => {
    const { executeCommand } = await openFleet(
      ['acme'],
      'connects',
      fromPromise(() => new Promise<void>(() => {})),
    );
    const box = answerOf(executeCommand('acme', { type: 'session.stop' }));
    await advance(4_999);
    expect(box.answer).toBeUndefined();
    await advance(1);
    expect(box.answer).toMatchObject({ ok: true, durable: false, session: { desired: 'stopped' } });
  });
  it('the answer for an unknown organization is not_found', async () => {
    const { executeCommand, lookedUp } = await openFleet();
    expect(await executeCommand('unknown', { type: 'session.restore' })).toEqual({
      ok: false,
      kind: 'not_found',
    });
    expect(lookedUp).toEqual([]);
  });
  it("a refused command is answered with the rule's message and never sent", async () => {
    const { w, executeCommand } = await openFleet();
    expect(await executeCommand('acme', pair)).toEqual({
      ok: false,
      kind: 'invalid_state',
      state: 'connected',
      allowed: ['idle', 'retrying', 'failed'],
      message: '"acme" is connected: it is already linked. Stop it or log it out before you pair it again.',
    });
    expect(w.opened).toHaveLength(1);
  });
});

describe('a pairing', () => {
  it('an organization without a directory is loaded for its pairing', async () => {
    const { w, executeCommand, lookedUp } = await openFleet([]);
    expect(await executeCommand('new', pair)).toMatchObject({
      ok: true,
      changed: true,
      session: { org: 'new', state: 'pairing', pairing: { id: 'p' } },
    });
    expect(lookedUp).toEqual(['new']);
    expect(w.opened).toMatchObject([{ org: 'new', mode: 'pair' }]);
  });
  it('it starts with the state of its directory and its record', async () => {
    const { executeCommand } = await openFleet([]);
    const answer = await executeCommand('new', pair);
    expect(answer).toMatchObject({ session: { credentials: 'unpaired' } });
    expect(answer.ok && (answer.session?.revision ?? 0), 'revisions never go back').toBeGreaterThan(41);
  });
  it('a pairing that is under way is the answer to another request', async () => {
    const { w, executeCommand } = await openFleet([]);
    await executeCommand('new', pair);
    expect(await executeCommand('new', { ...pair, pairing: { id: 'second', method: 'qr' } })).toMatchObject({
      ok: true,
      changed: false,
      durable: true,
      session: { pairing: { id: 'p' } },
    });
    expect(w.opened).toHaveLength(1);
  });
  it('after the end of the fleet it is refused with a message', async () => {
    const { executeCommand, supervisor } = await openFleet([]);
    supervisor.send({ type: 'shutdown' });
    await settle();
    const warn = console.warn;
    console.warn = () => {};
    expect(await executeCommand('new', pair)).toEqual({
      ok: false,
      kind: 'unavailable',
      message: '"new" could not be loaded. See the log, then try again.',
    });
    console.warn = warn;
  });
});
