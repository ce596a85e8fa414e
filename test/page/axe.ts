/** axe-core in a page, and whether the page fits its window. */
import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import type { PageOptions } from './browser.ts';

/** Both themes, three languages, desktop and phone. */
export const looks: readonly PageOptions[] = ['en', 'es', 'pt'].flatMap((language) =>
  (['light', 'dark'] as const).flatMap((theme) => [1_440, 390].map((width) => ({ language, theme, width }))),
);
/** Runs in the page by the debugger, so the policy of the page does not forbid it. */
const violationsOf = async (page: Page): Promise<readonly string[]> => {
  await page.evaluate(`if (!('axe' in globalThis)) { ${axe.source} }`);
  const { violations } = (await page.evaluate('axe.run()')) as AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${String(target)}: ${failureSummary}`),
  );
};
/** No screen scrolls sideways. */
export const expectToFit = async (page: Page, screen: string): Promise<void> => {
  const tooWide = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
  expect(tooWide, `${screen} is wider than its window`).toBeLessThanOrEqual(0);
};
export const expectAccessible = async (page: Page, screen: string): Promise<void> => {
  expect(await violationsOf(page), screen).toEqual([]);
  await expectToFit(page, screen);
};
