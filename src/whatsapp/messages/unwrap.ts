/** The content of a message without the wrappers that WhatsApp puts around it. */
import type { proto } from '@whiskeysockets/baileys';

/**
 * Fields that hold a whole message. The first nine are those of Baileys' `normalizeMessageContent`; the
 * rest carry ordinary content as well (WAProto of Baileys 7.0.0-rc14).
 */
const wrappers = [
  'ephemeralMessage',
  'viewOnceMessage',
  'documentWithCaptionMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'editedMessage',
  'associatedChildMessage',
  'groupStatusMessage',
  'groupStatusMessageV2',
  'lottieStickerMessage',
  'groupMentionedMessage',
  'botInvokeMessage',
  'botForwardedMessage',
  'pollCreationMessageV4',
] as const satisfies readonly (keyof proto.IMessage)[];
/** WhatsApp nests two or three; a stranger may nest more. */
const deepest = 8;

export interface Unwrapped {
  /** Undefined when a wrapper was empty. */
  readonly content: proto.IMessage | undefined;
  readonly isViewOnce: boolean;
  readonly isEphemeral: boolean;
}

export const unwrap = (message: proto.IMessage): Unwrapped => {
  let content: proto.IMessage | undefined = message;
  let isViewOnce = false;
  let isEphemeral = false;
  for (let depth = 0; content && depth < deepest; depth += 1) {
    const outer: proto.IMessage = content;
    const wrapper = wrappers.find((name) => outer[name]);
    if (wrapper === undefined) break;
    isViewOnce ||= wrapper.startsWith('viewOnce');
    isEphemeral ||= wrapper === 'ephemeralMessage';
    content = outer[wrapper]?.message ?? undefined;
  }
  return { content, isViewOnce, isEphemeral };
};

/** Beside the content, or instead of one: keys for later messages of a group, and details of encryption. */
const besides: ReadonlySet<string> = new Set([
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
  'messageContextInfo',
]);
/** The name of the field that has the content. Undefined when there is none. */
export const fieldOf = (content: proto.IMessage): keyof proto.IMessage | undefined =>
  (Object.keys(content) as (keyof proto.IMessage)[]).find(
    (name) => !besides.has(name) && content[name] !== null && content[name] !== undefined,
  );
