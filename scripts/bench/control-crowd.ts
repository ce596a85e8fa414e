/**
 * The subscribers of the control benchmark, in a process of their own. They are light, so that the benchmark
 * measures the server: they read frames off the TCP stream and parse only the number of each event. They
 * check that every event comes once and in order.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';

export type CrowdMessage =
  | { readonly type: 'ready' }
  /** Every live client has received all events up to this. */
  | { readonly type: 'seen'; readonly seq: number }
  | { readonly type: 'failed'; readonly problem: string }
  | { readonly type: 'slowGone'; readonly count: number };

const [, , url = '', live = '200', slow = '0', key = ''] = process.argv;
const send = (message: CrowdMessage) => process.send?.(message);
const reportEvery = 50; // events between two reports to the server

/** A frame of a client: masked, here with zeros (RFC 6455 §5.3). */
const frameOf = (body: Buffer, opcode = 0x81): Buffer => {
  const header =
    body.length < 126
      ? Buffer.from([opcode, 0x80 | body.length])
      : Buffer.from([opcode, 0xfe, body.length >> 8, body.length & 255]);
  return Buffer.concat([header, Buffer.alloc(4), body]);
};
const connect = async (): Promise<{ socket: Socket; head: Buffer }> => {
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    authorization: `Bearer ${key}`,
  };
  const asked = request(`${url}/v1`, { headers });
  asked.end();
  const [, socket, head] = (await once(asked, 'upgrade')) as [IncomingMessage, Socket, Buffer];
  const call = (id: number, method: string, params: object) =>
    socket.write(frameOf(Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params }))));
  call(1, 'initialize', { protocolVersion: '1.0', client: { name: 'bench', version: '1' } });
  call(2, 'subscribe', { topics: ['sessions'] });
  return { socket, head };
};
const [answerMark, seqMark] = [Buffer.from('"id":2,'), Buffer.from('"seq":')];
const eventMark = Buffer.from('"method":"event"');

/** `short`: the second byte of a server's frame, which is a length or the form of one (RFC 6455 §5.2). */
const headerBytes = (short: number): number => {
  if (short < 126) return 2;
  return short === 126 ? 4 : 10;
};
const bodyBytes = (bytes: Buffer, at: number, short: number): number => {
  if (short < 126) return short;
  return short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
};
/** Gives each text frame to `onFrame`. */
const read = (socket: Socket, head: Buffer, onFrame: (frame: Buffer) => void) => {
  let rest = head;
  const take = (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= 2) {
      const short = rest[at + 1] as number;
      const header = headerBytes(short);
      if (rest.length - at < header) break;
      const length = bodyBytes(rest, at, short);
      if (rest.length - at < header + length) break;
      const opcode = (rest[at] as number) & 15;
      const body = rest.subarray(at + header, at + header + length);
      if (opcode === 1) onFrame(body);
      if (opcode === 9) socket.write(frameOf(body, 0x8a)); // a ping wants a pong
      at += header + length;
    }
    rest = rest.subarray(at);
  };
  socket.on('data', take);
  take(Buffer.alloc(0));
};

const counts: number[] = [];
let reported = 0;
const openLive = async (n: number) => {
  const { socket, head } = await connect();
  counts[n] = 0;
  socket.on('close', () => send({ type: 'failed', problem: `live client ${n} was closed` }));
  await new Promise<void>((resolve) => {
    read(socket, head, (frame) => {
      if (frame.subarray(0, 80).includes(eventMark)) {
        const at = frame.indexOf(seqMark) + seqMark.length;
        const seq = Number.parseInt(frame.toString('latin1', at, at + 10), 10);
        const expected = (counts[n] as number) + 1;
        if (seq !== expected)
          send({ type: 'failed', problem: `client ${n} got ${seq} after ${expected - 1}` });
        counts[n] = seq;
        if (seq >= reported + reportEvery) {
          const all = Math.min(...counts);
          if (all >= reported + reportEvery) {
            reported = all - (all % reportEvery);
            send({ type: 'seen', seq: reported });
          }
        }
      } else if (frame.subarray(0, 80).includes(answerMark)) resolve();
    });
  });
};
let slowGone = 0;
const openSlow = async () => {
  const { socket, head } = await connect();
  await new Promise<void>((resolve) => {
    read(socket, head, (frame) => {
      if (frame.subarray(0, 80).includes(answerMark)) resolve();
    });
  });
  socket.pause();
  socket.on('error', () => undefined);
  socket.on('close', () => {
    slowGone += 1;
    send({ type: 'slowGone', count: slowGone });
  });
  process.on('message', () => socket.resume()); // to notice its close, once the storm is over
};

for (let n = 0; n < Number(live); n += 1) await openLive(n);
for (let n = 0; n < Number(slow); n += 1) await openSlow();
process.on('disconnect', () => process.exit(0));
send({ type: 'ready' });
