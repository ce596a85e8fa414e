/** `docs/integrators/MESSAGES.md`: how to send and receive. Tables and numbers come from the code. */
import { mostRepeats } from '../../machines/sending.ts';
import { lookUpsPerHour } from '../../src/protocol/methods/contacts.ts';
import { media, pacing, privacy, receiving } from './message-flow.ts';
import { call, reasonRows, stateRows, typeRows, words } from './message-tables.ts';

export const file = 'docs/integrators/MESSAGES.md';

const toCustomer = '"orgId":"acme","to":"34600111222"';
const order = '{"body":"Your order is on its way."}';

const firstExample = (): string => `## A first message

The organization \`acme\` is connected, and \`$KEY\` is a key with the scopes \`messages:send\` and
\`messages:read\`. \`vigia keys create\` makes one. A test runs each of these lines against the program.

Send:

${call('message.send', `{${toCustomer},"type":"text","text":${order},"idempotencyKey":"order-881"}`)}

The answer has \`message.id\` (\`msg_…\`), \`message.state\` and \`replayed\`. It means that the message is
on disk. Later, ask what became of it, or receive \`message.updated\`:

${call('message.get', '{"orgId":"acme","messageId":"msg_3EB0A1B2C3D4E5F6A7B8C9"}')}

Receive by webhook: set \`WEBHOOK_URL\`, \`WEBHOOK_SECRET\` and

> \`WEBHOOK_EVENTS=message.received,message.changed,message.unreadable,message.updated\`

[WEBHOOKS.md](WEBHOOKS.md#a-receiver) has receivers in Node, Python and PHP. Without a webhook, set
\`MESSAGES_KEEP_HOURS=24\` and read the inbox. Give the last \`seq\` that you have as \`after\`:

${call('inbox.list', '{"orgId":"acme","after":0}')}

On the command line: \`vigia send acme 34600111222 'Your order is on its way.' --wait\`, and
\`vigia messages acme --watch\`. See [the command line](../operators/CLI.md).
`;

const sending = (): string => `## What can be sent

\`type\` names the object that has the content. [METHODS.md](METHODS.md#messagesend) has the schema.

| type | its object |
|---|---|
${typeRows()}

- \`replyTo\` is the id (\`msg_…\`) of a message that was sent here or arrived within ${words.receivedKept}.
- \`mentions\` are numbers or lids of people. Write each in the text too, as \`@34600111222\`.
- WhatsApp's apps ignore an edit or a deletion that comes too late. Vigía does not check the time.

## Recipients

\`to\` is one of these:

| form | example |
|---|---|
| a phone number: digits, country code first, no plus sign | \`34600111222\` |
| a lid, as events give it in \`contact.lid\` | \`185000000000001@lid\` |
| a group, as \`group.list\` gives it | \`120363000000000001@g.us\` |

- **A stranger may have no number.** WhatsApp may show only a lid. Then \`contact.phone\` is null. Answer to
  the lid. Every event and every sent message has both as far as they are known.
- **Two forms of a number.** In Brazil (the ninth digit), Mexico (\`52\` and \`521\`) and Argentina
  (\`54\` and \`549\`) an account may have another number than people dial. Vigía asks WhatsApp for the
  number as you gave it. Only if WhatsApp denies that, Vigía asks for the other form. \`contact.phone\` is
  WhatsApp's answer. Give numbers as you have them, and store the answer.
- **An answer is remembered:** that a number exists for ${words.numberKnown}, that it does not for
  ${words.numberUnknown}. A number that does not exist is \`recipient_unreachable\`, and nothing leaves.
- \`contact.exists\` asks for up to 20 numbers, at most ${lookUpsPerHour} times an hour for an organization.

## States

| state | meaning | the next state |
|---|---|---|
${stateRows()}

- The answer of \`message.send\` has the first state, and \`message.updated\` reports every later one but
  \`sending\`. When you have two copies of a message, keep the one with the higher \`revision\`.
- \`unknown\` is the truth: the message was written, and nothing shows what WhatsApp did with it. A receipt
  that comes late corrects it. Vigía never repeats it without your call.
- \`waitFor: "sent"\` holds the answer until WhatsApp took the message or refused it. After
  ${words.acknowledged} the error is \`timeout\`, and \`data.message\` has the state at that moment.

## Reasons

\`error.reason\` of a message that is \`failed\` or \`unknown\`:

| reason | cause | what you do |
|---|---|---|
${reasonRows()}

A call can be refused too. Then there is no message, and the key stays unused. The
[errors](PROTOCOL.md#errors) are \`invalid_state\` (the session does not connect by itself), \`restricted\`,
\`recipient_unreachable\`, \`media_refused\`, \`rate_limited\` with \`cause: "queue_full"\`, and
\`unavailable\` (the disk takes nothing).

## Keys and repeats

**Repeat a call whose answer was lost with the same \`idempotencyKey\`.** Use what names the message in your
own data, as \`order-881\`.

- The same key with the same message answers with the same message and \`replayed: true\`. That holds for
  ${words.sentKept}, after a kill, and while the first call still runs.
- The same key with another recipient, content, \`replyTo\`, \`mentions\`, \`priority\` or \`expiresInMs\` is
  \`idempotency_conflict\`.
- An idempotency key belongs to the organization and to the *name* of the API key. An API key that is
  replaced by one of the same name stays the same caller.
- WhatsApp's id of the message is derived from the key. So a repeat with \`retry: true\` has the same id, and
  apps show it once. A message can be repeated ${mostRepeats} times, if it is \`unknown\`, or \`failed\` as
  \`rejected\` or \`expired\`.
`;

export const render = (): string => `# Messages

<!-- generated by \`npm run docs\` from src/protocol/messages.ts, machines/sending.ts and
src/messages/policy.ts; do not edit -->

[A first message](#a-first-message) · [What can be sent](#what-can-be-sent) · [Recipients](#recipients) ·
[States](#states) · [Reasons](#reasons) · [Keys and repeats](#keys-and-repeats) ·
[Order and pace](#order-and-pace) · [Receive](#receive) · [Media](#media) ·
[Privacy and retention](#privacy-and-retention) · [What is not built](#what-is-not-built)

Vigía sends a message once, reports what became of it, and delivers what arrives at least once. To come from
another gateway, see [MIGRATING.md](MIGRATING.md).

${firstExample()}
${sending()}
${pacing()}
${receiving()}
${media()}
${privacy()}`;
