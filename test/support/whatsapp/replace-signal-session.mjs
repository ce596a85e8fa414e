/**
 * Preload for a program under test: at each SIGUSR2 libsignal closes, opens and removes Signal sessions, as
 * it does when a contact's device starts a new one. It prints them, and their keys begin with the marker
 * below.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.resolve('@whiskeysockets/baileys'));
const SessionRecord = require('libsignal/src/session_record.js');
const marker = 'PRIVATE-KEY-MARKER-';
const sessionOf = (n) => {
  const entry = SessionRecord.createEntry();
  const key = Buffer.from(`${marker}${n}`.padEnd(32, 'x'));
  entry.currentRatchet = {
    rootKey: key,
    ephemeralKeyPair: { pubKey: key, privKey: key },
    lastRemoteEphemeralKey: key,
    previousCounter: 0,
  };
  entry.indexInfo = { baseKey: key, baseKeyType: 1, closed: -1, used: n, created: n, remoteIdentityKey: key };
  entry.registrationId = n;
  return entry;
};
process.on('SIGUSR2', () => {
  const record = new SessionRecord();
  for (let n = 1; n <= 60; n += 1) {
    const session = sessionOf(n);
    session.indexInfo.baseKey = Buffer.from(`base-${n}`);
    record.setSession(session);
    record.closeSession(session);
    record.openSession(session);
    record.closeSession(session);
  }
  record.removeOldSessions();
});
