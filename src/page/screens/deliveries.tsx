/** Webhook deliveries: the endpoints first, then what waits, was delivered, or was given up. */
import { useState } from 'preact/hooks';
import type { Result } from '../../client/client.ts';
import { countdown, fullTime } from '../i18n/times.ts';
import { count, words } from '../i18n/words.ts';
import { Icon } from '../parts/icon.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Problem } from '../parts/problem.tsx';
import { now } from '../state/clock.ts';
import { sentenceOf } from '../state/commands.ts';
import { call, mayCommand } from '../state/link.ts';
import { useRepeated } from '../state/repeat.ts';

type Delivery = Result<'webhook.deliveries'>['items'][number];
const shown = ['all', 'pending', 'dead'] as const;
type Shown = (typeof shown)[number];
const looks = {
  pending: ['wait', 'wait'],
  delivered: ['ok', 'ok'],
  dead: ['bad', 'bad'],
} as const;

const answerOf = ({ lastStatus, lastError }: Delivery): string =>
  lastStatus === null ? (lastError ?? '') : String(lastStatus);
const When = ({ of: { nextAttemptAt, doneAt, createdAt } }: { of: Delivery }) => {
  if (nextAttemptAt !== null)
    return <time dateTime={nextAttemptAt}>{countdown(Date.parse(nextAttemptAt), now.value)}</time>;
  const at = doneAt ?? createdAt;
  return <time dateTime={at}>{fullTime(Date.parse(at), now.value)}</time>;
};

const Row = ({ of: one, onSent }: { of: Delivery; onSent: () => Promise<void> }) => {
  const t = words.value.deliveries;
  const [problem, setProblem] = useState<string | undefined>(undefined);
  const [icon, tone] = looks[one.status];
  const send = async () => {
    setProblem(undefined);
    try {
      await call('webhook.redeliver', { deliveryId: one.id });
      await onSent();
    } catch (error) {
      setProblem(sentenceOf(error));
    }
  };
  return (
    <tr>
      <td>
        <span class={`st c-${tone}`}>
          <Icon name={icon} />
          {t.statuses[one.status]}
        </span>
      </td>
      <td class="mono">{one.type}</td>
      <td class="mid" data-l={t.to}>
        {one.endpoint}
      </td>
      <td data-l={t.tries}>{count(one.attempts)}</td>
      <td class="mid" data-l={t.answer}>
        {answerOf(one)}
        <Problem text={problem} />
      </td>
      <td data-l={t.when}>
        <When of={one} />
      </td>
      <td>
        <button
          class={one.status === 'delivered' ? 'b q' : 'b'}
          type="button"
          disabled={!mayCommand.value}
          aria-label={`${one.status === 'pending' ? t.sendNow : t.sendAgain}: ${one.type}, ${one.endpoint}`}
          onClick={() => void send()}
        >
          {one.status === 'pending' ? t.sendNow : t.sendAgain}
        </button>
      </td>
    </tr>
  );
};

const Endpoint = ({ name, items }: { name: string; items: readonly Delivery[] }) => {
  const t = words.value.deliveries;
  const [tested, setTested] = useState<string | undefined>(undefined);
  const waiting = items.filter(({ status }) => status === 'pending');
  const failing = waiting.find(({ attempts }) => attempts > 0);
  const test = async () => {
    setTested(words.value.act.asked);
    try {
      const { status, error, durationMs } = await call('webhook.test', { endpoint: name });
      setTested(t.tested(error ?? String(status ?? ''), count(durationMs)));
    } catch (error) {
      setTested(sentenceOf(error));
    }
  };
  return (
    <li>
      <Icon name={failing ? 'wait' : 'ok'} tone={failing ? 'wait' : 'ok'} />
      <div>
        <h2 class="mono">{name}</h2>
        <p>
          {failing ? t.failing(answerOf(failing), count(waiting.length)) : t.takes}
          {tested !== undefined && <span role="status"> · {tested}</span>}
        </p>
      </div>
      <button
        class="b"
        type="button"
        disabled={!mayCommand.value}
        aria-label={`${t.test}: ${name}`}
        onClick={() => void test()}
      >
        {t.test}
      </button>
    </li>
  );
};
const Filter = ({ value, onChoose }: { value: Shown; onChoose: (next: Shown) => void }) => (
  // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form, and these are toggles
  <div class="seg r" role="group" aria-label={words.value.deliveries.show}>
    {shown.map((one) => (
      <button key={one} type="button" aria-pressed={value === one} onClick={() => onChoose(one)}>
        {words.value.deliveries.filters[one]}
      </button>
    ))}
  </div>
);

export const DeliveriesScreen = () => {
  const t = words.value.deliveries;
  const [filter, setFilter] = useState<Shown>('all');
  const status = filter === 'all' ? {} : { status: filter };
  const { answer, problem, refresh } = useRepeated(
    () => call('webhook.deliveries', { limit: 100, ...status }),
    [filter],
  );
  const all = useRepeated(() => call('webhook.deliveries', { limit: 500 }), []).answer?.items ?? [];
  const endpoints = [...new Set(all.map(({ endpoint }) => endpoint))].sort();
  const heads = [t.delivery, t.event, t.to, t.tries, t.answer, t.when];
  return (
    <div class="pg">
      <PageHead title={t.title(endpoints.length, count(endpoints.length))} about={t.about} />
      {endpoints.length > 0 && (
        <ul class="card do endpoints">
          {endpoints.map((name) => (
            <Endpoint key={name} name={name} items={all.filter(({ endpoint }) => endpoint === name)} />
          ))}
        </ul>
      )}
      <div class="card">
        <div class="cardh">
          <h2>{t.deliveries}</h2>
          <Filter value={filter} onChoose={setFilter} />
        </div>
        <Problem text={problem} />
        <table class="tb g2 stack">
          <caption class="vh">{t.deliveries}</caption>
          <thead>
            <tr>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
              <th scope="col">
                <span class="vh">{words.value.table.actions}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {answer?.items.map((one) => (
              <Row key={one.id} of={one} onSent={refresh} />
            ))}
          </tbody>
        </table>
        {answer?.items.length === 0 && <p class="card-note">{t.none}</p>}
      </div>
    </div>
  );
};
