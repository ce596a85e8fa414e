/** What `vigia pair` shows, on fake terminals of every size. */
import { PassThrough } from 'node:stream';
import { createColors } from 'picocolors';
import { afterEach, describe, expect, it } from 'vitest';
import { pairingLines, type ShownPairing } from '../../src/cli/pairing-view.ts';
import { openScreen, type Screen, type Size } from '../../src/cli/screen.ts';

const now = Date.UTC(2026, 0, 12, 10, 30);
const iso = (ms: number) => new Date(ms).toISOString();
const qr = {
  status: 'qr',
  pairingId: 'p',
  qr: 'x'.repeat(237),
  attempt: 1,
  expiresAt: iso(now + 14_000),
} as const;
const shown: ShownPairing = {
  orgId: 'acme',
  step: qr,
  endsAt: iso(now + 166_000),
  joined: false,
  demand: undefined,
};
const esc = '\u001b';
const plain = createColors(false);
const linesAt = (size: Size, over: Partial<ShownPairing> = {}) =>
  pairingLines({ ...shown, ...over }, size, plain, now);
const textAt = (size: Size, over: Partial<ShownPairing> = {}) => linesAt(size, over).join('\n');
const sizes = [20, 30, 40, 60, 61, 80, 120].flatMap((columns) =>
  [8, 20, 24, 32, 36, 50].map((rows) => ({ columns, rows })),
);

describe('the lines of a pairing', () => {
  it.each(sizes)('hold a whole QR or none, and are never wider than $columns of $rows rows', (size) => {
    const lines = linesAt(size);
    const drawn = lines.filter((line) => /[▀▄█]/.test(line));
    const fits = size.columns >= 61 && size.rows >= 32;
    expect(drawn).toHaveLength(fits ? 31 : 0);
    if (fits) expect(lines.length).toBeLessThanOrEqual(size.rows);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(Math.max(20, size.columns));
    if (fits) return;
    const text = lines.join(' ').replaceAll(/\s+/g, ' ');
    expect(text).toContain('The QR needs 61 columns and 32 rows.');
    expect(text).toContain(`it has ${size.columns} columns and ${size.rows} rows`);
    expect(text).toContain('vigia link acme');
    expect(text).toContain('vigia pair acme --code PHONE');
  });
  it('count down the present QR, and state when the whole attempt ends', () => {
    expect(textAt({ columns: 120, rows: 50 })).toMatch(
      /This QR is valid for another 14 s\.\nThe pairing ends in 2 min 46 s \(10:32:46 UTC\)\.\n/,
    );
    expect(textAt({ columns: 61, rows: 32 })).toMatch(/\nQR 14 s, pairing 2 min 46 s\. .* "acme"$/);
    const late = { ...qr, expiresAt: iso(now - 1) };
    expect(textAt({ columns: 120, rows: 50 }, { step: late })).toMatch(/This QR is no longer valid/);
  });
  it('show a code, its time, and what an operator must do', () => {
    const step = { status: 'code', pairingId: 'p', code: 'ABCD1234', expiresAt: iso(now + 60_000) } as const;
    expect(textAt({ columns: 80, rows: 24 }, { step, joined: true, demand: 'Update Vigía.' })).toMatch(
      /type\n {2}ABCD-1234\nThis code is valid .* 1 min\.\nUpdate Vigía\.\n.*\n.*Ctrl-C leaves it/,
    );
    expect(textAt({ columns: 80, rows: 24 }, { step: undefined, endsAt: null })).toBe(
      '"acme": WhatsApp has sent no QR yet.\nCtrl-C cancels the pairing.',
    );
  });
});

describe('the screen', () => {
  let screen: Screen | undefined;
  afterEach(() => screen?.close());
  const fakeTerminal = (columns: number, rows: number) => {
    const stdout = Object.assign(new PassThrough(), { isTTY: true, columns, rows });
    let text = '';
    stdout.on('data', (bytes: Buffer) => void (text += bytes.toString('utf8')));
    const take = () => {
      const taken = text;
      text = '';
      return taken;
    };
    return { stdout, take };
  };
  it('is redrawn for each size, and given back at the end', () => {
    const { stdout, take } = fakeTerminal(80, 24);
    screen = openScreen(stdout, (size) => pairingLines(shown, size, plain, now));
    const first = take();
    expect(first.startsWith(`${esc}[?1049h`)).toBe(true);
    expect(first).toContain('The QR needs 61 columns');
    Object.assign(stdout, { columns: 70, rows: 40 }).emit('resize');
    expect(take()).toMatch(/▀.*is valid for another 14 s/s);
    screen.redraw();
    expect(take()).toBe(''); // nothing has changed
    Object.assign(stdout, { columns: 60, rows: 40 }).emit('resize');
    expect(take()).not.toMatch(/[▀▄█]/);
    screen.close();
    screen.close();
    expect(take()).toBe(`${esc}[?25h${esc}[?1049l`);
    expect(stdout.listenerCount('resize')).toBe(0);
  });
  it('takes the usual size where the terminal reports none', () => {
    const { stdout } = fakeTerminal(0, 0);
    const sizes: Size[] = [];
    screen = openScreen(stdout, (size) => {
      sizes.push(size);
      return [];
    });
    expect(sizes).toEqual([{ columns: 80, rows: 24 }]);
  });
});
