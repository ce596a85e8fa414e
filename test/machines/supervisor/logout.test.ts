/** How the command to log out is answered. */
import { describe, expect, it } from 'vitest';
import { onVirtualTime, settle, turn } from '../spec/time.ts';
import { answerOf, openFleet } from './harness.ts';

onVirtualTime();

describe('a logout', () => {
  it('is answered when the credentials are in the archive, and says whether WhatsApp knows', async () => {
    const { w, executeCommand } = await openFleet();
    const box = answerOf(executeCommand('acme', { type: 'session.logout' }));
    await settle();
    expect(box.answer).toBeUndefined();
    w.net('acme', { type: 'connection.unlinked' });
    await settle();
    expect(box.answer).toEqual({ ok: true, session: null, changed: true, durable: true, unlinked: true });
    expect(w.fleet.sessions.size()).toBe(0);
  });
  it('that WhatsApp does not confirm is answered after its ten seconds', async () => {
    const { executeCommand } = await openFleet();
    const box = answerOf(executeCommand('acme', { type: 'session.logout' }));
    await turn(10_000);
    expect(box.answer).toEqual({ ok: true, session: null, changed: true, durable: true, unlinked: false });
  });
  it('of a failed session is answered when it is done, not by the state it was in', async () => {
    const { w, executeCommand } = await openFleet(['acme'], 'nothing');
    w.close('revoked');
    await settle();
    let archived = () => {};
    w.archive = () =>
      new Promise((resolve) => {
        archived = resolve;
      });
    const box = answerOf(executeCommand('acme', { type: 'session.logout' }));
    await settle();
    expect(box.answer).toBeUndefined();
    archived();
    await settle();
    expect(box.answer).toEqual({ ok: true, session: null, changed: true, durable: true, unlinked: false });
  });
  it('whose archive fails says that nothing was deleted', async () => {
    const { w, executeCommand } = await openFleet();
    w.archive = async () => {
      throw new Error('EXDEV');
    };
    const box = answerOf(executeCommand('acme', { type: 'session.logout' }));
    w.net('acme', { type: 'connection.unlinked' });
    await settle();
    const message =
      '"acme" could not be logged out: its credentials could not be moved to the archive. Nothing was deleted; see the log, then try again.';
    expect(box.answer).toEqual({ ok: false, kind: 'unavailable', message });
  });
  it('whose archive hangs is answered at its deadline', async () => {
    const { w, executeCommand } = await openFleet();
    w.archive = () => new Promise(() => {});
    const box = answerOf(executeCommand('acme', { type: 'session.logout' }));
    await turn(19_999);
    expect(box.answer).toBeUndefined();
    await turn(1);
    expect(box.answer).toMatchObject({ ok: false, kind: 'unavailable' });
  });
});
