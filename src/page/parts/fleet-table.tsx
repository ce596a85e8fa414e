/**
 * The table. Of 2,000 rows only those near the window are drawn, between two spacers. Rows
 * stay in their order while the pointer or the focus is in the table.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { count, words } from '../i18n/words.ts';
import { type Column, columns } from '../model/overview.ts';
import { hold, moved, release, rows, showAll, sortAgain, sortBy, sorting } from '../state/selection.ts';
import { FleetRow } from './fleet-row.tsx';
import { Icon } from './icon.tsx';
import { isPhone, isPrinting } from './size.ts';

/** Heights of `--row` in the style. */
const rowHeights = { wide: 38, phone: 74 } as const;
/** Rows above and below the window, so that scrolling shows no gap. */
const spare = 12;

interface Window {
  readonly from: number;
  readonly to: number;
}
const windowOf = (body: HTMLElement, total: number, rowHeight: number): Window => {
  const above = Math.max(0, -body.getBoundingClientRect().top);
  const from = Math.max(0, Math.min(Math.floor(above / rowHeight) - spare, total - 1));
  return { from, to: Math.min(total, from + Math.ceil(innerHeight / rowHeight) + 2 * spare) };
};
const useVisible = (total: number, rowHeight: number) => {
  const body = useRef<HTMLTableSectionElement>(null);
  const [visible, setVisible] = useState<Window>({ from: 0, to: 40 });
  useEffect(() => {
    const update = () => {
      if (!body.current) return;
      const next = windowOf(body.current, total, rowHeight);
      setVisible((now) => (now.from === next.from && now.to === next.to ? now : next));
    };
    update();
    addEventListener('scroll', update, { passive: true });
    addEventListener('resize', update);
    return () => {
      removeEventListener('scroll', update);
      removeEventListener('resize', update);
    };
  }, [total, rowHeight]);
  return { body, visible };
};

const Spacer = ({ rows: n, rowHeight }: { rows: number; rowHeight: number }) =>
  n <= 0 ? null : (
    <tr class="sp">
      <td colSpan={7} style={{ height: `${n * rowHeight}px` }} />
    </tr>
  );

const Head = ({ column }: { column: Column }) => {
  const { column: sorted, descending } = sorting.value;
  const isSorted = sorted === column;
  const direction = descending ? 'descending' : 'ascending';
  return (
    <th scope="col" aria-sort={isSorted ? direction : undefined}>
      <button type="button" onClick={() => sortBy(column)}>
        {words.value.table[column]}
        {isSorted && <Icon name="sort" tone={descending ? 'down' : undefined} />}
      </button>
    </th>
  );
};
const Moved = () =>
  moved.value === 0 ? null : (
    <button class="b q moved" type="button" onClick={sortAgain}>
      {words.value.table.changed(moved.value, count(moved.value))}
    </button>
  );
const Nothing = () => (
  <p class="nothing">
    {words.value.table.nothing}{' '}
    <button class="b" type="button" onClick={showAll}>
      {words.value.table.showAll}
    </button>
  </p>
);

/** Focus that moves from row to row stays in the table. */
const leaves = (event: FocusEvent): boolean =>
  !(event.relatedTarget instanceof Node && (event.currentTarget as Node).contains(event.relatedTarget));

export const FleetTable = () => {
  const t = words.value.table;
  const shown = rows.value;
  const rowHeight = isPhone.value ? rowHeights.phone : rowHeights.wide;
  const { body, visible: near } = useVisible(shown.length, rowHeight);
  const visible = isPrinting.value ? { from: 0, to: shown.length } : near;
  if (shown.length === 0) return <Nothing />;
  return (
    <div
      class="fleet-box"
      onPointerEnter={hold}
      onPointerLeave={release}
      onFocusIn={hold}
      onFocusOut={(event) => leaves(event) && release()}
    >
      <Moved />
      <table class="tb fleet" aria-rowcount={shown.length + 1}>
        <caption class="vh">{t.caption}</caption>
        <colgroup>
          {['state', 'org', 'number', 'since', 'next', 'why', 'act'].map((name) => (
            <col key={name} class={`col-${name}`} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head key={column} column={column} />
            ))}
            <th scope="col">{t.why}</th>
            <th scope="col">
              <span class="vh">{t.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          <Spacer rows={visible.from} rowHeight={rowHeight} />
          {shown.slice(visible.from, visible.to).map((one, i) => (
            <FleetRow key={one.id} of={one} index={visible.from + i} />
          ))}
          <Spacer rows={shown.length - visible.to} rowHeight={rowHeight} />
        </tbody>
      </table>
    </div>
  );
};
