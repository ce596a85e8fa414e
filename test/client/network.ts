/** The network between a client and a server. The test can cut it, or make it drop everything silently. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export const openNetwork = async (serverUrl: string) => {
  const target = new URL(serverUrl);
  const ends = new Set<Socket>();
  let isSilent = false;
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      from.on('error', () => undefined); // cut on purpose
      from.on('close', () => {
        ends.delete(from);
        to.destroy();
      });
      from.on('data', (bytes) => {
        if (!isSilent) to.write(bytes);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const end of ends) end.resetAndDestroy();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    /** While silent, nothing gets through, and neither side notices. */
    silence: (silent: boolean) => {
      isSilent = silent;
    },
    remove: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
