/** The last hour, day or week of one organization, in the language of the horizon. */
import { useState } from 'preact/hooks';
import { dayOf, fullTime, length, shortTime } from '../i18n/times.ts';
import { words } from '../i18n/words.ts';
import { appearances, type Look } from '../model/appearance.ts';
import { connectedMs, type Range, ranges, type Segment, segmentsOf } from '../model/timeline.ts';
import { now } from '../state/clock.ts';
import type { Past } from '../state/history.ts';
import { Icon } from './icon.tsx';

/** The tallest mark, in the style's pixels. */
const tallest = 105;
const ticks = 8;
/** What asks for something, or did; a restore is only short. */
const pinned: ReadonlySet<Look> = new Set(['suspect', 'deaf', 'wait', 'held', 'bad']);
const heightOf = ({ look }: Segment): number => {
  const { height } = appearances[look];
  if (look === 'ok') return 6;
  return height < 0 ? 3 : Math.round(height * tallest);
};
const wordOf = ({ look, reason }: Segment): string => {
  const t = words.value;
  const what = [t.looks[look], reason === null || look === 'ok' ? '' : t.reasons[reason].summary];
  return what.filter((text) => text !== '').join(': ');
};

interface Shown {
  readonly segment: Segment;
  readonly from: number;
  readonly span: number;
}
const Mark = ({ segment, from, span, onShow }: Shown & { onShow: (one: Segment | undefined) => void }) => {
  const height = `${heightOf(segment)}px`;
  const left = `${((segment.from - from) / span) * 100}%`;
  const width = `max(${((segment.to - segment.from) / span) * 100}%, 4px)`;
  const color = `var(${appearances[segment.look].bar})`;
  const label = `${fullTime(segment.from, now.value)}–${fullTime(segment.to, now.value)} ${wordOf(segment)}`;
  const hasPin = pinned.has(segment.look);
  return (
    <li class={segment.look === 'deaf' ? 'hat' : undefined} style={{ left, width }}>
      <button
        type="button"
        aria-label={label}
        style={{ '--h': height, '--c': color }}
        onPointerEnter={() => onShow(segment)}
        onPointerLeave={() => onShow(undefined)}
        onFocus={() => onShow(segment)}
        onBlur={() => onShow(undefined)}
      />
      {hasPin && (
        <span class="pin" style={{ '--h': height }}>
          <Icon name={segment.look} tone={appearances[segment.look].tone} />
        </span>
      )}
    </li>
  );
};
const Tip = ({ segment, from, span }: Shown) => {
  const middle = ((segment.from + segment.to) / 2 - from) / span;
  const side = middle > 0.5 ? { right: `${(1 - middle) * 100}%` } : { left: `${middle * 100}%` };
  return (
    <li class="tip day-tip" style={side} aria-hidden="true">
      <b>
        {fullTime(segment.from, now.value)}–{fullTime(segment.to, now.value)}
      </b>
      {wordOf(segment)}
    </li>
  );
};
const Ticks = ({ from, span }: { from: number; span: number }) => (
  <p class="ticks" aria-hidden="true">
    {Array.from({ length: ticks }, (_, i) => {
      const at = from + (span * i) / ticks;
      return <span key={i}>{span > ranges.day ? dayOf(at) : shortTime(at)}</span>;
    })}
    <span>{words.value.time.now}</span>
  </p>
);
const Ranges = ({ range, onChoose }: { range: Range; onChoose: (range: Range) => void }) => (
  // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form, and these are toggles
  <div class="seg" role="group" aria-label={words.value.day.range}>
    {(Object.keys(ranges) as Range[]).map((one) => (
      <button key={one} type="button" aria-pressed={range === one} onClick={() => onChoose(one)}>
        {words.value.day.ranges[one]}
      </button>
    ))}
  </div>
);

export const Day = ({ past }: { past: Past | undefined }) => {
  const t = words.value.day;
  const [range, setRange] = useState<Range>('day');
  const [shown, setShown] = useState<Segment | undefined>(undefined);
  const span = ranges[range];
  const from = now.value - span;
  const segments = segmentsOf(past?.items ?? [], from, now.value);
  return (
    <section class="tl" aria-labelledby="day">
      <div class="tlh">
        <h2 id="day">{t.titles[range]}</h2>
        <p class="dim">{t.connected(length(connectedMs(segments)))}</p>
        <Ranges range={range} onChoose={setRange} />
      </div>
      <ol class="tr">
        {segments.map((segment) => (
          <Mark key={segment.to} segment={segment} from={from} span={span} onShow={setShown} />
        ))}
        {shown && <Tip segment={shown} from={from} span={span} />}
      </ol>
      <Ticks from={from} span={span} />
    </section>
  );
};
