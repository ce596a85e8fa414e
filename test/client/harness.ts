/** A client on fake sockets, and the frames of a server about sessions. */
import { vi } from 'vitest';
import { connect } from '../../src/client/client.ts';
import { fakeSockets } from './fake-socket.ts';

/** A client that is online. `again` loses the connection and waits until the client dials again. */
export const openOnline = async () => {
  const fake = fakeSockets();
  const client = connect({
    url: 'http://127.0.0.1:3000',
    apiKey: 'a-key',
    WebSocket: fake.WebSocket,
    random: () => 1,
  });
  await vi.advanceTimersByTimeAsync(0);
  fake.now().accepts();
  const again = async (code = 1006) => {
    const before = fake.sockets.length;
    fake.now().ends(code);
    while (fake.sockets.length === before) await vi.advanceTimersByTimeAsync(100);
  };
  return { ...fake, client, again };
};
export const session = (orgId: string, revision: number, state = 'connected') => ({ orgId, revision, state });
/** The answer to `subscribe`; without sessions it resumes. */
export const subscribed = (seq: number, sessions: object[] | null, epoch = 'e1') => ({
  subscriptionId: `sub_${seq}`,
  recovered: sessions === null,
  position: { epoch, seq },
  snapshot: sessions && { sessions },
});
export const changed = (orgId: string, revision: number, state?: string) => ({
  session: session(orgId, revision, state),
});
