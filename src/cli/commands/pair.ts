/** `vigia pair`: links a phone, with a QR in the terminal or a code to type on it. */
import { InvalidArgumentError } from 'commander';
import { type Client, VigiaError } from '../../client/client.ts';
import { reasonTexts } from '../../protocol/reasons.ts';
import type { Context, Register } from '../command.ts';
import { type Exit, Failure } from '../exit-codes.ts';
import { onInterrupt } from '../interrupt.ts';
import { openBlock } from '../live-block.ts';
import { online } from '../online.ts';
import { type PairingEnd, type PairingStep, pairWith } from '../pairing.ts';
import { qrLines } from '../qr.ts';
import { printable } from '../terminal.ts';
import { until } from '../time.ts';

/** Beside the QR itself: what is written under it. */
const linesUnderQr = 3;
/** From linked to connected: WhatsApp wants a new login right after, and it may have to queue for it. */
const connectMs = 60_000;

/** `+34 600-111-222` is how people write numbers; the protocol wants digits. */
const phoneOf = (text: string): string => {
  const digits = text.replaceAll(/[\s().+-]/g, '');
  if (!/^[1-9][0-9]{6,14}$/.test(digits)) throw new InvalidArgumentError('A phone number has its country code first: +34 600 111 222.');
  return digits;
};
const spelt = (code: string) => (code.length === 8 ? `${code.slice(0, 4)}-${code.slice(4)}` : code);

const show = ({ terminal }: Context, orgId: string) => {
  const { colors, stdout } = terminal;
  const block = openBlock(terminal);
  let wasTooSmall = false;
  const step = (data: PairingStep): void => {
    terminal.data({ orgId, ...data });
    if (data.status === 'action_required') return terminal.note(`"${orgId}" needs a person: ${printable(data.detail)}`);
    const left = `It is good for another ${until(data.expiresAt, Date.now())}.`;
    if (data.status === 'code')
      return block.keep(
        `On the phone: Linked devices, Link with phone number, and type  ${colors.bold(spelt(printable(data.code)))}\n${left}`,
      );
    const { lines, columns } = qrLines(data.qr, colors);
    const rows = lines.length + linesUnderQr;
    const fits = !terminal.isLive || ((stdout.rows ?? 0) >= rows && (stdout.columns ?? 0) >= columns);
    if (!fits && !wasTooSmall) {
      const size = `${columns} columns and ${rows} rows`;
      terminal.note(`The terminal is too small for the QR: make it larger (${size}), or take a code to type: --code <phone>.`);
    }
    wasTooSmall = !fits;
    const text = [
      ...lines,
      `"${orgId}": scan it in WhatsApp, Linked devices. ${left}`,
      'Whoever scans it links their phone. Ctrl-C cancels.',
    ];
    if (terminal.isLive) block.draw(text);
    else for (const line of text) terminal.line(line);
  };
  return { step, clear: () => block.end('clear') };
};

const finish = async (context: Context, client: Client, orgId: string, end: PairingEnd): Promise<Exit> => {
  const { terminal } = context;
  terminal.data({ orgId, ...end });
  switch (end.kind) {
    case 'interrupted':
      terminal.note('Cancelled.');
      return 'interrupted';
    case 'left':
      terminal.note('The pairing goes on without this.');
      return 'interrupted';
    case 'cancelled':
      throw new Failure('failure', 'pairing_cancelled', `the pairing of "${orgId}" was cancelled by somebody else.`);
    case 'expired':
      throw new Failure(
        'failure',
        'pairing_expired',
        `nobody linked a phone to "${orgId}" in time. Start it again when the phone is at hand.`,
      );
    case 'failed': {
      const text = (reasonTexts as Readonly<Record<string, { summary: string; action: string } | undefined>>)[end.reason];
      throw new Failure(
        'failure',
        'pairing_failed',
        `the pairing of "${orgId}" failed (${end.reason}). ${text?.summary ?? ''} ${text?.action ?? ''}`.trim(),
      );
    }
    case 'linked': {
      terminal.line(`"${orgId}" is linked.`);
      try {
        const session = await client.waitFor(orgId, (s) => s?.state === 'connected' || s?.state === 'failed', { timeoutMs: connectMs });
        terminal.data({ orgId, kind: session?.state ?? 'gone', session: session ?? null });
        if (session?.state === 'failed')
          throw new Failure(
            'failure',
            session.lastError?.reason ?? 'unknown',
            `"${orgId}" was linked, but failed then: ${session.lastError?.message ?? ''}`,
          );
        terminal.line(`"${orgId}" is connected${session?.account ? ` as ${printable(session.account.name ?? session.account.id)}` : ''}.`);
      } catch (error) {
        if (!(error instanceof VigiaError) || error.reason !== 'timeout') throw error;
        terminal.note('It is not connected yet; that goes on by itself. See "vigia status".');
      }
      return 'ok';
    }
  }
};

export const pair: Register = (program, run) => {
  program
    .command('pair')
    .description('Links a phone: shows a QR, anew whenever it changes, until it is scanned. Ctrl-C cancels.')
    .argument('<org>', 'The organization; it is created if there is none.')
    .option('--code <phone>', 'A code to type on this phone instead of a QR.', phoneOf)
    .option('--replace-account', 'A phone with another number than before is meant.')
    .action(
      run(async (context, orgId: string, { code, replaceAccount }: { code?: string; replaceAccount?: boolean }) =>
        online(context, async (client) => {
          const interrupt = onInterrupt();
          const { step, clear } = show(context, orgId);
          const { terminal } = context;
          const end = await pairWith(client, {
            orgId,
            signal: interrupt.signal,
            ...(code !== undefined && { phoneNumber: code }),
            ...(replaceAccount && { replaceAccount }),
            onStep: step,
            onStart: ({ pairingId, joined }) => {
              terminal.data({ orgId, kind: 'started', pairingId, joined });
              if (joined) terminal.note('It is being paired already: this joins, and Ctrl-C leaves it going.');
            },
          }).finally(clear);
          if (end.kind !== 'linked') interrupt.forget();
          return finish(context, client, orgId, end).finally(interrupt.forget);
        }),
      ),
    );
};
