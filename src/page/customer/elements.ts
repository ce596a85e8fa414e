/** Builds elements without markup in strings, which the policy of the page would not allow everywhere. */
type Child = Node | string;
export const element = <K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
export const button = (text: string, onClick: () => void, kind = ''): HTMLButtonElement => {
  const made = element('button', { type: 'button', class: kind }, text);
  made.addEventListener('click', onClick);
  return made;
};
export const list = (items: readonly string[]): HTMLElement =>
  element('ol', {}, ...items.map((item) => element('li', {}, item)));

/** The server's picture as a node. It is parsed as XML, so nothing in it runs. */
export const picture = (svg: string, label: string): Node => {
  const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
  root.setAttribute('role', 'img');
  root.setAttribute('aria-label', label);
  return document.importNode(root, true);
};
const made = (name: string, attributes: Readonly<Record<string, string>>, ...children: readonly Node[]) => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
};
/** A ring around what expires, which empties. `set` takes the part that is left, from 0 to 1. */
export const ring = (): { readonly node: Node; readonly set: (left: number) => void } => {
  const shape = { x: '1', y: '1', width: '98', height: '98', rx: '4', pathLength: '100' };
  const left = made('rect', { ...shape, class: 'left', 'stroke-dasharray': '100' });
  const options = { viewBox: '0 0 100 100', class: 'ring', 'aria-hidden': 'true' };
  return {
    node: made('svg', options, made('rect', shape), left),
    set: (part) => left.setAttribute('stroke-dashoffset', String(100 * (1 - part))),
  };
};
/** An arc over a horizon: rising, risen with a tick, or only a dotted line. */
export const sign = (kind: 'linking' | 'done' | 'ended'): Node =>
  made(
    'svg',
    { viewBox: '0 0 280 56', class: `sign ${kind}`, 'aria-hidden': 'true' },
    made('path', { d: 'M0 54H280', class: 'line' }),
    made('path', { d: 'M108 54a32 32 0 0 1 64 0', class: 'arc', pathLength: '100' }),
    ...(kind === 'done' ? [made('path', { d: 'M128 40l9 9 17-19', class: 'tick' })] : []),
  );
