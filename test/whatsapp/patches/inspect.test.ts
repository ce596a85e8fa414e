/**
 * Each patch is broken on purpose: it is reported missing, alone, and a socket of that library still
 * connects.
 */
import makeWASocket, { Curve, type UserFacingSocketConfig, type WASocket } from '@whiskeysockets/baileys';
import { describe, expect, it } from 'vitest';
import { type Inspected, inspectPatches, installed } from '../../../src/whatsapp/patches/inspect.ts';
import {
  type PatchName,
  patches,
  patchNames,
  requireEssential,
} from '../../../src/whatsapp/patches/patch.ts';
import { sharedContextState } from '../../../src/whatsapp/patches/shared-context.ts';

type Loose = Record<string, unknown> & {
  ws: Record<string, unknown> & {
    removeAllListeners(event: string): void;
    on(event: string, listener: () => void): void;
  };
};
const changed = (change: (sock: Loose) => void): Partial<Inspected> => ({
  makeSocket: (config: UserFacingSocketConfig): WASocket => {
    const sock = makeWASocket(config);
    change(sock as unknown as Loose);
    return sock;
  },
});
const missing = (over: Partial<Inspected>) =>
  inspectPatches({ ...installed, ...over }).flatMap(({ name, is, why }) =>
    is === 'missing' ? [{ name, why }] : [],
  );
const hiddenRaw = changed((sock) => {
  Object.defineProperty(sock.ws, 'socket', { value: null });
});

/** For each patch, a library in which what it patches has another form. */
const broken: Readonly<Record<PatchName, Partial<Inspected>>> = {
  shared_context: { sharedContext: () => ({ name: 'shared_context', is: 'missing', why: 'it was frozen' }) },
  certificates: { curve: Object.freeze({ ...Curve }) },
  inflation: { inflate: {} },
  library_console: { console: Object.freeze({ ...console }) },
  retry_memory: changed((sock) => {
    sock['messageRetryManager'] = {};
  }),
  quiet_presence: changed((sock) => {
    delete sock['sendPresenceUpdate'];
  }),
  refused_upgrade: hiddenRaw,
  network_order: hiddenRaw,
  pairing_hold: hiddenRaw,
  frame_guard: changed((sock) => sock.ws.removeAllListeners('message')),
  back_pressure: changed((sock) => sock.ws.removeAllListeners('CB:message')),
  receipt_hold: changed((sock) => sock.ws.on('CB:receipt', () => undefined)),
  pairing_signature: changed((sock) => sock.ws.removeAllListeners('CB:iq,,pair-success')),
};

describe('the inspection', () => {
  it('finds every patch in its place in the installed library', () => {
    const states = inspectPatches();
    expect(states.map(({ name }) => name)).toEqual(patchNames);
    expect(states.filter(({ is }) => is === 'missing')).toEqual([]);
    expect(states.filter(({ is }) => is === 'not_needed').length).toBe(
      sharedContextState().is === 'not_needed' ? 1 : 0,
    );
    expect(() => requireEssential(states)).not.toThrow();
  });
  it.each(patchNames)('reports %s when what it patches has another form', (name) => {
    const found = missing(broken[name]);
    expect(found.map((one) => one.name)).toContain(name);
    expect(found.find((one) => one.name === name)?.why).toMatch(/^.{10,}[^.]$/);
    if (broken[name] !== hiddenRaw) expect(found).toHaveLength(1);
  });
  it('reports every socket patch, with the cause, when no socket can be made', () => {
    const makeSocket = () => {
      throw new Error('no such export');
    };
    const found = missing({ makeSocket });
    const others: readonly PatchName[] = ['shared_context', 'certificates', 'library_console', 'inflation'];
    expect(found.map(({ name }) => name)).toEqual(
      expect.arrayContaining(patchNames.filter((name) => !others.includes(name))),
    );
    expect(
      found.every(({ why }) => why?.includes('no such export') || why?.includes('AsyncLocalStorage')),
    ).toBe(true);
  });
  it('reports a handshake that no longer checks certificates where the patch reaches', () => {
    expect(missing({ makeNoiseHandler: () => undefined })).toEqual([
      { name: 'certificates', why: expect.stringContaining('Curve.verify') },
    ]);
  });
  it('opens no connection and leaves no timer', async () => {
    const timers = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout' || name.startsWith('TCP')).length;
    const before = timers();
    inspectPatches();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(timers()).toBeLessThanOrEqual(before);
  });
});

describe('a missing patch', () => {
  it('refuses the start only when plain behaviour is unsafe, and the sentence names the cause', () => {
    for (const name of patchNames) {
      const refused = () => requireEssential([{ name, is: 'missing', why: 'the cause of it' }]);
      if (patches[name].isEssential) expect(refused).toThrow(new RegExp(`${name}.*the cause of it.*npm ci`));
      else expect(refused).not.toThrow();
    }
  });
});
