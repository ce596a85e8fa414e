/** Reads a QR as a phone does: from the picture of the screen. */
import jsQR from 'jsqr';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';

/** The package has a default export of CommonJS, which the two module systems name differently. */
const readQr = jsQR as unknown as typeof jsQR.default;

/** Its text; undefined while none can be read. */
export const qrOnScreen = async (page: Page): Promise<string | undefined> => {
  const { data, width, height } = PNG.sync.read(await page.screenshot());
  return readQr(new Uint8ClampedArray(data), width, height)?.data;
};
