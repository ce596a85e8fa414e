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
const radius = 12;
const circumference = 2 * Math.PI * radius;
/** A ring that empties. `set` takes the part that is left, from 0 to 1. */
export const ring = (): { readonly node: Node; readonly set: (left: number) => void } => {
  const made = (name: string) => document.createElementNS('http://www.w3.org/2000/svg', name);
  const svg = made('svg');
  const circle = made('circle');
  svg.setAttribute('viewBox', '0 0 28 28');
  svg.setAttribute('class', 'ring');
  svg.setAttribute('aria-hidden', 'true');
  for (const [key, value] of [
    ['cx', 14],
    ['cy', 14],
    ['r', radius],
  ] as const)
    circle.setAttribute(key, String(value));
  circle.setAttribute('stroke-dasharray', String(circumference));
  svg.append(circle);
  return {
    node: svg,
    set: (left) => circle.setAttribute('stroke-dashoffset', String(circumference * (1 - left))),
  };
};
