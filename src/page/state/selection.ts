/** Which organizations the table shows, and in which order. */
import { batch, computed, signal } from '@preact/signals';
import type { Group } from '../model/appearance.ts';
import type { Organization } from '../model/organization.ts';
import { type Column, orderOf, type Sorting } from '../model/overview.ts';
import { byId, fleet } from './fleet.ts';
import { onEnd } from './link.ts';

export const group = signal<Group | undefined>(undefined);
export const search = signal('');
export const sorting = signal<Sorting>({ column: 'state', descending: false });

const ordered = computed(() =>
  orderOf(fleet.value, { group: group.value, search: search.value }, sorting.value),
);
const held = signal<readonly string[] | undefined>(undefined);
const order = computed(() => held.value ?? ordered.value);
export const rows = computed(() =>
  order.value.flatMap((id): Organization[] => {
    const one = byId.value.get(id);
    return one ? [one] : [];
  }),
);
/** How many rows would stand elsewhere if they were sorted now. */
export const moved = computed(() => {
  const now = held.value;
  if (now === undefined) return 0;
  const wanted = ordered.value;
  return wanted.reduce((sum, id, index) => sum + Number(now[index] !== id), 0);
});

export const hold = (): void => {
  held.value ??= ordered.peek();
};
export const release = (): void => {
  held.value = undefined;
};
const choose = (change: () => void): void =>
  batch(() => {
    change();
    release();
  });
export const sortAgain = (): void => {
  held.value = ordered.peek();
};
export const filterBy = (next: Group | undefined): void =>
  choose(() => {
    group.value = next;
  });
export const searchFor = (text: string): void =>
  choose(() => {
    search.value = text;
  });
export const showAll = (): void =>
  choose(() => {
    group.value = undefined;
    search.value = '';
  });
export const sortBy = (column: Column): void =>
  choose(() => {
    const { column: present, descending } = sorting.value;
    sorting.value = { column, descending: present === column && !descending };
  });
onEnd(() => {
  showAll();
  sorting.value = { column: 'state', descending: false };
});
