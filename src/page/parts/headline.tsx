/** One sentence about the whole fleet. */
import { clockTime, length, shortTime } from '../i18n/times.ts';
import { count, words } from '../i18n/words.ts';
import { now } from '../state/clock.ts';
import { counts, fleet, outage } from '../state/fleet.ts';
import { Icon } from './icon.tsx';

const sentenceOf = (): readonly [string, string] => {
  const t = words.value.headline;
  const { bad, wait, ok } = counts.value;
  const total = fleet.value.length;
  if (outage.value !== undefined) return [t.outage, t.waiting(wait, count(wait))];
  if (bad > 0)
    return [t.needs(bad, count(bad)), total > bad ? t.others(total - bad, count(total - bad)) : ''];
  const busy = total - ok - counts.value.idle;
  return [t.quiet, busy > 0 ? t.busy(busy, count(busy)) : t.connected(ok, count(ok))];
};
const AsOf = () => {
  const t = words.value.headline;
  const n = fleet.value.length;
  return (
    <p class="r">
      {t.total(n, count(n))}
      <br />
      <span class="s" />
      {t.asOf(clockTime(now.value))}
    </p>
  );
};
export const Headline = () => {
  const [first, rest] = sentenceOf();
  return (
    <div class="call">
      <h1 class="voice">
        {first} <span>{rest}</span>
      </h1>
      <AsOf />
    </div>
  );
};

/** During an outage: one panel instead of an alarm for each session. */
export const Storm = () => {
  const since = outage.value;
  if (since === undefined) return null;
  const t = words.value.storm;
  const figures = [
    [t.wait, count(counts.value.wait)],
    [t.open, count(counts.value.ok)],
    [t.lasts, length(now.value - since)],
  ] as const;
  return (
    <section class="storm" aria-labelledby="storm">
      <div>
        <h2 id="storm">
          <Icon name="lost" />
          {t.title(shortTime(since))}
        </h2>
        <p>{t.text}</p>
      </div>
      <dl>
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
};
