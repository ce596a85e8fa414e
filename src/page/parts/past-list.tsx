/** What happened to one organization, newest first. */

import type { HistoryEntry } from '../../protocol/methods/history.ts';
import { fullTime } from '../i18n/times.ts';
import { words } from '../i18n/words.ts';
import { appearances } from '../model/appearance.ts';
import { lookOfEntry } from '../model/timeline.ts';
import { now } from '../state/clock.ts';
import type { Past } from '../state/history.ts';
import { Icon } from './icon.tsx';

const Line = ({ of: entry }: { of: HistoryEntry }) => {
  const t = words.value;
  const look = lookOfEntry(entry) ?? 'none';
  const isWell = entry.to === 'connected' || entry.to === 'restoring' || entry.to === 'pairing';
  return (
    <li>
      <time class="dim" dateTime={entry.at}>
        {fullTime(Date.parse(entry.at), now.value)}
      </time>
      <span class={`st c-${appearances[look].tone}`}>
        <Icon name={look} />
        {entry.to === null ? t.past.removed : t.state[entry.to]}
      </span>
      <span class="mid">
        {entry.reason !== null && !isWell && `${t.reasons[entry.reason].summary} `}
        <span class="dim mono">
          {entry.cause}
          {entry.statusCode === undefined ? '' : ` · ${entry.statusCode}`}
        </span>
      </span>
    </li>
  );
};

interface Props {
  readonly past: Past | undefined;
  readonly problem: string | undefined;
  readonly onMore: () => Promise<void>;
}
export const PastList = ({ past, problem, onMore }: Props) => {
  const t = words.value.past;
  return (
    <div>
      <div class="card">
        <div class="cardh">
          <h2>{t.title}</h2>
          <p class="dim">{t.newestFirst}</p>
        </div>
        <ol class="hist">
          {past?.items.map((entry) => (
            <Line key={entry.id} of={entry} />
          ))}
        </ol>
        {past?.items.length === 0 && <p class="card-note">{t.empty}</p>}
        {problem !== undefined && (
          <p class="err card-note" role="alert">
            <Icon name="bad" />
            {problem}
          </p>
        )}
      </div>
      {past?.nextCursor != null && (
        <p class="more">
          <button class="b" type="button" onClick={() => void onMore()}>
            {t.earlier}
          </button>
        </p>
      )}
    </div>
  );
};
