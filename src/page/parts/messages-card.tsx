/** How messages of one organization go: counts and times, and no conversation. */
import { useState } from 'preact/hooks';
import type { Result } from '../../client/client.ts';
import { fullTime } from '../i18n/times.ts';
import { count, words } from '../i18n/words.ts';
import type { Organization } from '../model/organization.ts';
import { now } from '../state/clock.ts';
import { call, may, mayCommand } from '../state/link.ts';
import { useRepeated } from '../state/repeat.ts';
import { Icon } from './icon.tsx';
import { Problem } from './problem.tsx';
import { TestMessageDialog } from './test-message-dialog.tsx';

type Counts = Result<'message.counts'>;
const at = (time: string): string => fullTime(Date.parse(time), now.value);

const Figures = ({ of: counts }: { of: Counts }) => {
  const t = words.value.messages;
  const timeOf = (time: string | null): string => (time === null ? t.never : at(time));
  const rows: readonly (readonly [string, string])[] = [
    [t.queued, count(counts.queued)],
    [t.sending, count(counts.sending)],
    [t.unknown, count(counts.unknown)],
    [t.sent, count(counts.sent24h)],
    [t.received, count(counts.received24h)],
    [t.lastSent, timeOf(counts.lastSentAt)],
    [t.lastReceived, timeOf(counts.lastReceivedAt)],
  ];
  return (
    <dl class="figures">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
};
const Warnings = ({ of: { unknown, restriction } }: { of: Counts }) => {
  const t = words.value.messages;
  return (
    <>
      {restriction !== null && (
        <p class="card-warning">
          <Icon name="wait" tone="wait" />
          <span>
            {t.restricted(at(restriction.since))}{' '}
            {restriction.until === null ? t.openEnd : t.until(at(restriction.until))}
          </span>
        </p>
      )}
      {unknown > 0 && (
        <p class="card-warning">
          <Icon name="suspect" tone="wait" />
          {t.unknownText}
        </p>
      )}
    </>
  );
};

const Card = ({ of: one }: { of: Organization }) => {
  const t = words.value;
  const { answer, problem, refresh } = useRepeated(() => call('message.counts', { orgId: one.id }), []);
  const [isTesting, setTesting] = useState(false);
  const close = (): void => {
    setTesting(false);
    void refresh();
  };
  return (
    <section class="card messages" aria-labelledby="messages">
      <div class="cardh">
        <h2 id="messages">{t.messages.title}</h2>
        <p class="dim">{t.messages.about}</p>
        {may('messages:send') && (
          <button class="b r" type="button" disabled={!mayCommand.value} onClick={() => setTesting(true)}>
            {t.testMessage.open}
          </button>
        )}
      </div>
      {answer !== undefined && <Figures of={answer} />}
      {answer !== undefined && <Warnings of={answer} />}
      {problem !== undefined && (
        <div class="card-note">
          <Problem text={problem} />
        </div>
      )}
      {isTesting && <TestMessageDialog of={one} onClose={close} />}
    </section>
  );
};
/** Only for a key that has to do with messages. */
export const MessagesCard = ({ of: one }: { of: Organization }) =>
  may('messages:read') || may('messages:send') ? <Card of={one} /> : null;
