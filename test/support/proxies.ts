/**
 * Proxies on loopback that count who went through: one speaks CONNECT, the other SOCKS5 (RFC 1928, RFC 1929).
 * Both ask for a password.
 */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface FakeProxy {
  /** `host:port` */
  readonly at: string;
  /** Targets of accepted connections with the right password, in order. */
  readonly passed: readonly string[];
  readonly refused: () => number;
  close(): Promise<void>;
}
const user = 'operator';

const started = async (
  server: Server,
  passed: string[],
  refused: () => number,
  sockets: Set<Socket>,
): Promise<FakeProxy> => {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    at: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    passed,
    refused,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
const join = (
  client: Socket,
  host: string,
  port: number,
  greeting: string | Buffer,
  sockets: Set<Socket>,
) => {
  const target = connect(port, host, () => {
    client.write(greeting);
    client.pipe(target).pipe(client);
  });
  sockets.add(target);
  target.on('error', () => client.destroy()).on('close', () => client.destroy());
  client.on('close', () => target.destroy());
};

export const startHttpProxy = (password: string): Promise<FakeProxy> => {
  const passed: string[] = [];
  const sockets = new Set<Socket>();
  let refused = 0;
  const server = createHttpServer();
  server.on('connect', ({ url = '', headers }, client: Socket) => {
    if (headers['proxy-authorization'] !== `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`) {
      refused += 1;
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    passed.push(url);
    const { hostname, port } = new URL(`http://${url}`);
    join(client, hostname, Number(port), 'HTTP/1.1 200 Connection established\r\n\r\n', sockets);
  });
  return started(server, passed, () => refused, sockets);
};

const bytes = (socket: Socket) => new Promise<Buffer>((resolve) => socket.once('data', resolve));

export const startSocksProxy = (password: string): Promise<FakeProxy> => {
  const passed: string[] = [];
  const sockets = new Set<Socket>();
  let refused = 0;
  const serve = async (client: Socket): Promise<void> => {
    await bytes(client); // which ways of proving oneself it knows
    client.write(Buffer.from([5, 2]));
    const reported = await bytes(client); // 1, length, name, length, password
    const nameEnd = 2 + (reported[1] ?? 0);
    const isRight =
      reported.subarray(2, nameEnd).toString() === user &&
      reported.subarray(nameEnd + 1).toString() === password;
    client.write(Buffer.from([1, isRight ? 0 : 1]));
    if (!isRight) {
      refused += 1;
      client.end();
      return;
    }
    const request = await bytes(client); // 5, connect, 0, kind of address, address, port
    const end = request.length - 2;
    const host = request[3] === 3 ? request.subarray(5, end).toString() : request.subarray(4, end).join('.');
    const port = request.readUInt16BE(end);
    passed.push(`${host}:${port}`);
    join(client, host, port, Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]), sockets);
  };
  return started(
    createServer((client) => void serve(client)),
    passed,
    () => refused,
    sockets,
  );
};

export const proxyAddress = (scheme: 'http' | 'socks5', { at }: FakeProxy, password: string): string =>
  `${scheme}://${user}:${password}@${at}`;
