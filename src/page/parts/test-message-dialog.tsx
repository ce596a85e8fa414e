/**
 * Sends one text, and shows its states. They are asked for: a subscription to messages would make the server
 * keep what the organization receives, and send it to this page.
 */
import { useState } from 'preact/hooks';
import type { Result } from '../../client/client.ts';
import { fullTime } from '../i18n/times.ts';
import { words } from '../i18n/words.ts';
import type { Organization } from '../model/organization.ts';
import { now } from '../state/clock.ts';
import { sentenceOf } from '../state/commands.ts';
import { call, mayCommand } from '../state/link.ts';
import { useRepeated } from '../state/repeat.ts';
import { Dialog } from './dialog.tsx';
import { Icon, type IconName } from './icon.tsx';
import { Problem } from './problem.tsx';

type Message = Result<'message.get'>['message'];

/** Not `randomUUID`: a page over plain HTTP has it only on localhost. */
const randomKey = (): string => `page-${crypto.getRandomValues(new Uint32Array(4)).join('-')}`;
/** As people write it: `+51 900 555 014` or `0051…`. */
const digitsOf = (number: string): string => number.replaceAll(/\D/g, '').replace(/^00/, '');
const shortestNumber = 7;

const icons: Readonly<Record<Message['state'], readonly [IconName, string]>> = {
  queued: ['queued', 'go'],
  sending: ['connecting', 'go'],
  sent: ['verifying', 'go'],
  delivered: ['ok', 'ok'],
  read: ['ok', 'ok'],
  played: ['ok', 'ok'],
  failed: ['bad', 'bad'],
  unknown: ['suspect', 'wait'],
};

const Form = ({ orgId, onSent }: { orgId: string; onSent: (message: Message) => void }) => {
  const t = words.value.testMessage;
  const [to, setTo] = useState('');
  const [text, setText] = useState(t.sample);
  // the same message keeps its key, so that a repeat after a lost answer sends nothing twice
  const [idempotencyKey, setKey] = useState(randomKey);
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [isAsked, setAsked] = useState(false);
  const change = (set: (value: string) => void, value: string): void => {
    set(value);
    setKey(randomKey());
  };
  const send = async (): Promise<void> => {
    setAsked(true);
    setProblem(undefined);
    const params = { orgId, to: digitsOf(to), type: 'text', text: { body: text }, idempotencyKey } as const;
    try {
      onSent((await call('message.send', params)).message);
    } catch (error) {
      setProblem(sentenceOf(error));
      setAsked(false);
    }
  };
  const isWhole = digitsOf(to).length >= shortestNumber && text.trim() !== '';
  return (
    <form
      class="confirm"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <div class="f">
        <label for="test-to">{t.to}</label>
        <input
          class="in"
          id="test-to"
          type="tel"
          autocomplete="off"
          placeholder="51 900 555 014"
          value={to}
          onInput={({ currentTarget }) => change(setTo, currentTarget.value)}
        />
      </div>
      <div class="f">
        <label for="test-text">{t.text}</label>
        <textarea
          class="in"
          id="test-text"
          rows={3}
          maxLength={1_000}
          value={text}
          onInput={({ currentTarget }) => change(setText, currentTarget.value)}
        />
      </div>
      <Problem text={problem} />
      <div class="row row-end">
        <button class="b p" type="submit" disabled={!isWhole || isAsked || !mayCommand.value}>
          {t.send}
        </button>
      </div>
    </form>
  );
};
const Sent = ({ of: first, onAnother }: { of: Message; onAnother: () => void }) => {
  const t = words.value.testMessage;
  const { orgId, id: messageId } = first;
  const { answer, problem } = useRepeated(() => call('message.get', { orgId, messageId }), [], 1_000);
  const message = answer?.message ?? first;
  const { state, error, createdAt, sentAt, deliveredAt, readAt } = message;
  const [icon, tone] = icons[state];
  const steps = { created: createdAt, sent: sentAt, delivered: deliveredAt, read: readAt } as const;
  return (
    <div class="confirm">
      <div class="stage" role="status" data-state={state}>
        <p class="st">
          <Icon name={icon} tone={tone} />+{message.to}
        </p>
        <p>
          {t.states[state]} {error !== null && t.reasons[error.reason]}
        </p>
      </div>
      <dl class="message-steps">
        {(Object.keys(steps) as (keyof typeof steps)[]).map((step) => {
          const time = steps[step];
          return time === null
            ? null
            : [
                <dt key={step}>{t.steps[step]}</dt>,
                <dd key={`${step} at`}>{fullTime(Date.parse(time), now.value)}</dd>,
              ];
        })}
      </dl>
      <Problem text={problem} />
      <div class="row row-end">
        <button class="b" type="button" onClick={onAnother}>
          {t.another}
        </button>
      </div>
    </div>
  );
};

export const TestMessageDialog = ({ of: one, onClose }: { of: Organization; onClose: () => void }) => {
  const t = words.value.testMessage;
  const [sent, setSent] = useState<Message | undefined>(undefined);
  return (
    <Dialog title={t.title(one.name)} about={t.about} onClose={onClose}>
      {sent === undefined ? (
        <Form orgId={one.id} onSent={setSent} />
      ) : (
        <Sent of={sent} onAnother={() => setSent(undefined)} />
      )}
    </Dialog>
  );
};
