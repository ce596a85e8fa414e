/** The fleet as a picture. The table is its text alternative; here the pointer and the arrow keys read it. */
import { useMemo, useRef, useState } from 'preact/hooks';
import { detailOf, firstSentence, whyOf } from '../i18n/sentences.ts';
import { words } from '../i18n/words.ts';
import { appearances } from '../model/appearance.ts';
import { drawHorizon, type Horizon, indexAt } from '../model/horizon.ts';
import type { Organization } from '../model/organization.ts';
import { matches } from '../model/overview.ts';
import { fleet, outage } from '../state/fleet.ts';
import { go, hrefOf } from '../state/route.ts';
import { group } from '../state/selection.ts';
import { announce } from './announcer.tsx';
import { isPhone, useWidth } from './size.ts';

const useHorizon = (width: number, isStrip: boolean): Horizon => {
  const all = fleet.value;
  const filter = isStrip ? undefined : group.value;
  const frame = { width, isPhone: isPhone.value, isStrip, isOutage: outage.value !== undefined };
  return useMemo(() => {
    const selection = { group: filter, search: '' };
    const marks = all.map((one) => ({
      look: one.look,
      name: one.name,
      attempt: one.session.attempt,
      isDim: filter !== undefined && !matches(one, selection),
    }));
    return drawHorizon(marks, frame);
  }, [all, filter, frame.width, frame.isPhone, frame.isOutage]);
};

const Picture = ({ of: h, width }: { of: Horizon; width: number }) => (
  <svg width={width} height={h.height} viewBox={`0 0 ${Math.max(width, 1)} ${h.height}`} aria-hidden="true">
    {h.letters.map(({ y, index }) => (
      <text key={index} x="6" y={y} class="hz-letter">
        {fleet.value[index]?.id[0]?.toUpperCase()}
      </text>
    ))}
    <path d={h.ground} class="hz-ground" />
    {h.paths.map(({ key, color, isHollow, d }) => (
      <path
        key={key}
        d={d}
        style={isHollow ? { fill: 'none', stroke: `var(${color})` } : { fill: `var(${color})` }}
      />
    ))}
    {h.tops.map(({ x, y, index }) => {
      const one = fleet.value[index];
      return one ? (
        <use
          key={one.id}
          href={`#i-${one.look}`}
          x={x - 8}
          y={y - 22}
          width="16"
          height="16"
          class={`ic c-${appearances[one.look].tone}`}
        />
      ) : null;
    })}
  </svg>
);

const Labels = ({ of: h, width }: { of: Horizon; width: number }) => (
  <>
    {h.labels.map(({ x, y, index, isLeft }) => {
      const one = fleet.value[index];
      const side = isLeft ? { right: `${width - x + 8}px` } : { left: `${x + 24}px` };
      return one ? (
        <span key={one.id} class="lab2" style={{ top: `${y - 4}px`, ...side }}>
          {one.name}
        </span>
      ) : null;
    })}
  </>
);

const Tip = ({
  of: one,
  h,
  index,
  width,
}: {
  of: Organization;
  h: Horizon;
  index: number;
  width: number;
}) => {
  const { gutter, pitch, perRow, rowHeight } = h.layout;
  const x = gutter + ((index % perRow) + 0.5) * pitch;
  const why = firstSentence(whyOf(one));
  const left = Math.min(Math.max(x - 110, 8), Math.max(8, width - 288));
  return (
    <div
      class="tip"
      style={{ left: `${left}px`, top: `${(Math.floor(index / perRow) + 1) * rowHeight + 10}px` }}
    >
      <b>{one.name}</b>
      {words.value.state[one.session.state]} {detailOf(one)}
      {why !== '' && <span> · {why}</span>}
    </div>
  );
};

const keyMoves: Readonly<Record<string, (perRow: number) => number>> = {
  ArrowRight: () => 1,
  ArrowLeft: () => -1,
  ArrowDown: (perRow) => perRow,
  ArrowUp: (perRow) => -perRow,
};

export const FleetHorizon = () => {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const h = useHorizon(width, false);
  const [shown, setShown] = useState<number | undefined>(undefined);
  const all = fleet.value;
  const one = shown === undefined ? undefined : all[shown];
  const at = (event: PointerEvent) => {
    const bounds = box.current?.getBoundingClientRect();
    return bounds && indexAt(h.layout, all.length, event.clientX - bounds.left, event.clientY - bounds.top);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && one) return go('org', one.id);
    const move = keyMoves[event.key];
    if (!move) return;
    event.preventDefault();
    const next = Math.min(all.length - 1, Math.max(0, (shown ?? -1) + move(h.layout.perRow)));
    setShown(next);
    const named = all[next];
    if (named) announce(`${named.name}, ${words.value.state[named.session.state]} ${detailOf(named)}`);
  };
  return (
    <div
      ref={box}
      class="hz"
      role="application"
      aria-label={words.value.horizon}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move in it, and Enter opens
      tabIndex={0}
      onPointerMove={(event) => setShown(at(event))}
      onPointerLeave={() => setShown(undefined)}
      onBlur={() => setShown(undefined)}
      onClick={() => one && go('org', one.id)}
      onKeyDown={onKeyDown}
    >
      {width > 0 && <Picture of={h} width={width} />}
      <Labels of={h} width={width} />
      {one && shown !== undefined && <Tip of={one} h={h} index={shown} width={width} />}
    </div>
  );
};

/** Below the header of every other screen. */
export const FleetStrip = () => {
  const box = useRef<HTMLAnchorElement>(null);
  const width = useWidth(box);
  const h = useHorizon(width, true);
  return (
    <nav aria-label={words.value.nav.glance}>
      <a ref={box} class="strip" href={hrefOf('fleet')} aria-label={words.value.nav.fleet}>
        {width > 0 && <Picture of={h} width={width} />}
      </a>
    </nav>
  );
};
