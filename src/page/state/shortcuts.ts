/** The keys of the overview. None works while something is typed. */
const isTyping = ({ target }: KeyboardEvent): boolean =>
  target instanceof HTMLElement && target.matches('input, select, textarea');
const focusNext = (selector: string, step: number): void => {
  const all = [...document.querySelectorAll<HTMLElement>(selector)];
  const at = all.indexOf(document.activeElement as HTMLElement);
  all[Math.max(0, Math.min(all.length - 1, at + step))]?.focus();
};

export const fleetKeys = (event: KeyboardEvent): void => {
  const { key } = event;
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector('dialog[open]')) return;
  if (key === '/') {
    event.preventDefault();
    document.getElementById('search')?.focus();
  }
  if (key === 'j' || key === 'k') focusNext('.fleet .org a', key === 'j' ? 1 : -1);
  if (key === 'n') focusNext('.need li > a:first-child', 1);
};
