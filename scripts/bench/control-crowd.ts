/**
 * The subscribers of the control benchmark, in a process of their own. They are as light as can be (frames are read off the TCP stream,
 * nothing is parsed but the number of each event), so that the server is what is measured; and they check that every event comes, in
 * order, once.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';

export type Heard =
  | { readonly type: 'ready' }
  /** Every live one has had all events up to this. */
  | { readonly type: 'seen'; readonly seq: number }
  | { readonly type: 'wrong'; readonly what: string }
  | { readonly type: 'slowGone'; readonly count: number };

const [, , url = '', live = '200', slow = '0', key = ''] = process.argv;
const say = (heard: Heard) => process.send?.(heard);
const everySo = 50; // events between two words to the server

/** A frame of a client: masked, here with zeros (RFC 6455 §5.3). */
const frameOf = (body: Buffer, opcode = 0x81): Buffer => {
  const header =
    body.length < 126 ? Buffer.from([opcode, 0x80 | body.length]) : Buffer.from([opcode, 0xfe, body.length >> 8, body.length & 255]);
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

/** Gives each text frame to `hear`. */
const read = (socket: Socket, head: Buffer, hear: (frame: Buffer) => void) => {
  let rest = head;
  const take = (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= 2) {
      const short = rest[at + 1] as number;
      const header = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (rest.length - at < header) break;
      const length = short < 126 ? short : short === 126 ? rest.readUInt16BE(at + 2) : Number(rest.readBigUInt64BE(at + 2));
      if (rest.length - at < header + length) break;
      const opcode = (rest[at] as number) & 15;
      const body = rest.subarray(at + header, at + header + length);
      if (opcode === 1) hear(body);
      if (opcode === 9) socket.write(frameOf(body, 0x8a)); // a ping wants a pong
      at += header + length;
    }
    rest = rest.subarray(at);
  };
  socket.on('data', take);
  take(Buffer.alloc(0));
};

const counts: number[] = [];
let said = 0;
const openLive = async (n: number) => {
  const { socket, head } = await connect();
  counts[n] = 0;
  socket.on('close', () => say({ type: 'wrong', what: `live client ${n} was closed` }));
  await new Promise<void>((resolve) => {
    read(socket, head, (frame) => {
      if (frame.subarray(0, 80).includes(eventMark)) {
        const at = frame.indexOf(seqMark) + seqMark.length;
        const seq = Number.parseInt(frame.toString('latin1', at, at + 10), 10);
        const expected = (counts[n] as number) + 1;
        if (seq !== expected) say({ type: 'wrong', what: `client ${n} got ${seq} after ${expected - 1}` });
        counts[n] = seq;
        if (seq >= said + everySo) {
          const all = Math.min(...counts);
          if (all >= said + everySo) {
            said = all - (all % everySo);
            say({ type: 'seen', seq: said });
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
    say({ type: 'slowGone', count: slowGone });
  });
  process.on('message', () => socket.resume()); // to see the end, once the storm is over
};

for (let n = 0; n < Number(live); n += 1) await openLive(n);
for (let n = 0; n < Number(slow); n += 1) await openSlow();
process.on('disconnect', () => process.exit(0));
say({ type: 'ready' });
