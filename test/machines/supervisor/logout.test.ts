/** How the command to log out is answered. */
import { describe, expect, it } from 'vitest';
import { advance, onVirtualTime, settle } from '../fake-clock.ts';
import { answerOf, openFleet } from './harness.ts';

onVirtualTime();

describe('a logout', () => {
  it('the answer comes when the credentials are in the archive, and says whether WhatsApp confirmed', async () => {
    const { w, executeCommand } = await openFleet();
    const box = answerOf(executeCommand('acme', { type: 'session.logout' }));
    await settle();
    expect(box.answer).toBeUndefined();
    w.net('acme', { type: 'connection.unlinked' });
    await settle();
    expect(box.answer).toEqual({ ok: true, session: null, changed: true, durable: true, unlinked: true });
    expect(w.fleet.sessions.size()).toBe(0);
  });
  it('without a confirmation by WhatsApp the answer comes after ten seconds', async () => {
    const { executeCommand } = await openFleet();
    const box = answerOf(executeCommand('acme', { type: 'session.logout' }));
    await advance(10_000);
    expect(box.answer).toEqual({ ok: true, session: null, changed: true, durable: true, unlinked: false });
  });
  it('the answer for a failed session comes when the archive is done', async () => {
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
  it('the answer after a failed archive says that nothing was deleted', async () => {
    const { w, executeCommand } = await openFleet();
    w.archive = async () => {
      throw new Error('EXDEV');
    };
    const box = answerOf(executeCommand('acme', { type: 'session.logout' }));
    w.net('acme', { type: 'connection.unlinked' });
    await settle();
    const message =
      '"acme" could not be logged out: its credentials could not be moved to the archive. Nothing was ' +
      'deleted; see the log, then try again.';
    expect(box.answer).toEqual({ ok: false, kind: 'unavailable', message });
  });
  it('the answer for an archive that hangs comes at the deadline', async () => {
    const { w, executeCommand } = await openFleet();
    w.archive = () => new Promise(() => {});
    const box = answerOf(executeCommand('acme', { type: 'session.logout' }));
    await advance(19_999);
    expect(box.answer).toBeUndefined();
    await advance(1);
    expect(box.answer).toMatchObject({ ok: false, kind: 'unavailable' });
  });
});
