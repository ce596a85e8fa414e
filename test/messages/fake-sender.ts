/** A socket of a test: it records what is written, and answers as the test tells it. */

import type { SendContent, SenderPort } from '../../src/messages/ports.ts';
import type { MessageReason } from '../../src/protocol/messages.ts';

export const fault = (reason: MessageReason | 'not_connected'): Error =>
  Object.assign(new Error(reason), { name: 'SendFault', reason });

export class FakeSender implements SenderPort {
  readonly written: { readonly whatsappId: string; readonly jid: string; readonly body: string }[] = [];
  readonly encoded: SendContent[] = [];
  readonly looked: string[] = [];
  readonly read: string[] = [];
  mutes = 0;
  /** Called at each step; a test throws from it, or waits. */
  before: (step: 'lookUp' | 'devicesOf' | 'encode' | 'transmit') => Promise<void> | void = () => {};
  /** Called after each write. */
  onWritten: (whatsappId: string) => void = () => {};
  absent = new Set<string>();
  withoutDevices = new Set<string>();

  async lookUp(phones: readonly string[]) {
    this.looked.push(...phones);
    await this.before('lookUp');
    return phones.map((phone) => {
      const exists = !this.absent.has(phone);
      return {
        phone,
        exists,
        jid: exists ? `${phone}@s.whatsapp.net` : null,
        lid: exists ? `9${phone}@lid` : null,
      };
    });
  }
  async contactOf(jid: string) {
    return { phone: null, lid: jid };
  }
  async devicesOf(jid: string) {
    await this.before('devicesOf');
    return this.withoutDevices.has(jid) ? 0 : 2;
  }
  async encode(content: SendContent) {
    await this.before('encode');
    this.encoded.push(content);
    return Buffer.from(JSON.stringify(content));
  }
  async transmit({ whatsappId, jid, encoded }: Parameters<SenderPort['transmit']>[0]) {
    await this.before('transmit');
    this.written.push({ whatsappId, jid, body: Buffer.from(encoded).toString() });
    this.onWritten(whatsappId);
  }
  async markRead(keys: readonly { readonly id: string }[]) {
    this.read.push(...keys.map(({ id }) => id));
  }
  async typing() {}
  async groups() {
    return [];
  }
  async group() {
    return undefined;
  }
  mute() {
    this.mutes += 1;
  }
  async download(): Promise<NodeJS.ReadableStream> {
    throw fault('timeout');
  }
}
