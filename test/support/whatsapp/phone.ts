import { proto } from '@whiskeysockets/baileys';
import { jidOf } from './credentials.ts';
import { Peer, type PeerOptions } from './two-organizations.ts';

const { Type } = proto.Message.ProtocolMessage;
const { PLACEHOLDER_MESSAGE_RESEND } = proto.Message.PeerDataOperationRequestType;

/**
 * The customer's phone: device 0 of an account, with real Baileys in it. It gets a copy of each message, and
 * answers a companion that asks for the content of a message that came without
 * (`placeholderMessageResendRequest`).
 */
export class Phone extends Peer {
  /** The ids of the messages that companions asked for. */
  readonly asked: string[] = [];

  static async start(url: string, options: Omit<PeerOptions, 'device'>): Promise<Phone> {
    return (await Phone.connect(url, { ...options, device: 0 })) as Phone;
  }

  override async reconnect(): Promise<void> {
    await super.reconnect();
    this.client.socket.ev.on('messages.upsert', ({ messages }) => {
      for (const { key, message } of messages) {
        const request = message?.protocolMessage?.peerDataOperationRequestMessage;
        const ids = request?.placeholderMessageResendRequest?.map((one) => one.messageKey?.id ?? '') ?? [];
        if (ids.length > 0) void this.#answer(ids, key.id ?? '');
      }
    });
  }

  async #answer(ids: readonly string[], stanzaId: string): Promise<void> {
    this.asked.push(...ids);
    const found = this.received.filter(({ id }) => ids.includes(id));
    const peerDataOperationResult = found.map(({ raw }) => ({
      placeholderMessageResendResponse: {
        webMessageInfoBytes: proto.WebMessageInfo.encode(raw as proto.IWebMessageInfo).finish(),
      },
    }));
    const response = {
      peerDataOperationRequestType: PLACEHOLDER_MESSAGE_RESEND,
      stanzaId,
      peerDataOperationResult,
    };
    await this.client.socket.relayMessage(
      this.jid,
      {
        protocolMessage: {
          type: Type.PEER_DATA_OPERATION_REQUEST_RESPONSE_MESSAGE,
          peerDataOperationRequestResponseMessage: response,
        },
      },
      {
        participant: { jid: jidOf({ phone: this.phone, device: 1 }), count: 0 },
        additionalAttributes: { category: 'peer' },
      },
    );
  }
}
