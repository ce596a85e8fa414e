/** The width of an element and of the window, as the layout needs them. */
import { signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

const phoneQuery = matchMedia('(max-width: 720px)');
export const isPhone = signal(phoneQuery.matches);
phoneQuery.addEventListener('change', () => {
  isPhone.value = phoneQuery.matches;
});

/** On paper nothing scrolls, so everything is drawn. */
export const isPrinting = signal(false);
addEventListener('beforeprint', () => {
  isPrinting.value = true;
});
addEventListener('afterprint', () => {
  isPrinting.value = false;
});

export const useWidth = (ref: RefObject<HTMLElement | null>): number => {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return width;
};
