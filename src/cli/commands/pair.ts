/** `vigia pair`: links a phone, with a QR in the terminal or a code to type on it. */
import { InvalidArgumentError } from 'commander';
import { type Client, type Session, VigiaError } from '../../client/client.ts';
import { reasonTexts } from '../../protocol/reasons.ts';
import type { Context, Register } from '../command.ts';
import { type Exit, Failure } from '../exit-codes.ts';
import { onInterrupt } from '../interrupt.ts';
import { online } from '../online.ts';
import { type PairingEnd, type PairingStep, pairWith, type StartedPairing } from '../pairing.ts';
import { pairingLines, pairingText, type ShownPairing } from '../pairing-view.ts';
import { openScreen, type Screen } from '../screen.ts';
import { accountText } from '../session-table.ts';
import { printable } from '../terminal.ts';

/**
 * The longest time from linked to connected. WhatsApp demands a new login after linking, and it may have to
 * queue.
 */
const connectMs = 60_000;

/** The digits of `+34 600-111-222`: the protocol takes digits only. */
const phoneOf = (text: string): string => {
  const digits = text.replaceAll(/[\s().+-]/g, '');
  if (!/^[1-9][0-9]{6,14}$/.test(digits))
    throw new InvalidArgumentError('A phone number begins with its country code: +34 600 111 222.');
  return digits;
};
/** Shows the pairing: redrawn on a terminal, otherwise each QR or code once. */
const show = ({ terminal }: Context, orgId: string) => {
  const { colors, stdout, isLive } = terminal;
  let shown: ShownPairing = { orgId, step: undefined, endsAt: null, joined: false, demand: undefined };
  let screen: Screen | undefined;
  const start = ({ pairingId, joined, expiresAt: endsAt }: StartedPairing): void => {
    terminal.data({ orgId, kind: 'started', pairingId, joined, expiresAt: endsAt });
    shown = { ...shown, joined, endsAt };
    if (isLive) screen = openScreen(stdout, (size) => pairingLines(shown, size, colors, Date.now()));
    else if (joined)
      terminal.note('It is already being paired. This command joins the pairing; Ctrl-C does not cancel it.');
  };
  const step = (data: PairingStep): void => {
    terminal.data({ orgId, ...data });
    if (data.status === 'action_required') {
      shown = { ...shown, demand: `"${orgId}" needs an operator: ${printable(data.detail)}` };
      if (!isLive) terminal.note(shown.demand ?? '');
    } else {
      shown = { ...shown, step: data };
      if (!isLive) for (const line of pairingText(shown, colors, Date.now())) terminal.line(line);
    }
    screen?.redraw();
  };
  const end = (): void => {
    screen?.close();
    if (screen !== undefined && shown.demand !== undefined) terminal.note(shown.demand);
  };
  return { start, step, end };
};

const failedPairing = (orgId: string, reason: string): Failure => {
  const texts: Readonly<Record<string, { summary: string; action: string } | undefined>> = reasonTexts;
  const { summary = '', action = '' } = texts[reason] ?? {};
  const message = `the pairing of "${orgId}" failed (${reason}). ${summary} ${action}`.trim();
  return new Failure('failure', 'pairing_failed', message);
};
const untilConnected = async ({ terminal }: Context, client: Client, orgId: string): Promise<void> => {
  const isOver = (session: Session | undefined) =>
    session?.state === 'connected' || session?.state === 'failed';
  try {
    const session = await client.waitFor(orgId, isOver, { timeoutMs: connectMs });
    terminal.data({ orgId, kind: session?.state ?? 'gone', session: session ?? null });
    if (session?.state === 'failed') {
      const message = `"${orgId}" was linked, and then failed: ${session.lastError?.message ?? ''}`;
      throw new Failure('failure', session.lastError?.reason ?? 'unknown', message);
    }
    const account = session?.account;
    terminal.line(`"${orgId}" is connected${account ? ` as ${accountText(account)}` : ''}.`);
  } catch (error) {
    if (!(error instanceof VigiaError) || error.reason !== 'timeout') throw error;
    terminal.note('It is not connected yet. The server keeps trying; see "vigia status".');
  }
};
const finish = async (context: Context, client: Client, orgId: string, end: PairingEnd): Promise<Exit> => {
  const { terminal } = context;
  terminal.data({ orgId, ...end });
  switch (end.kind) {
    case 'interrupted':
      terminal.note('Cancelled.');
      return 'interrupted';
    case 'left':
      terminal.note('The pairing goes on without this command.');
      return 'interrupted';
    case 'cancelled':
      throw new Failure(
        'failure',
        'pairing_cancelled',
        `another client cancelled the pairing of "${orgId}".`,
      );
    case 'expired': {
      const message = `no phone was linked to "${orgId}" in time. Start again when the phone is at hand.`;
      throw new Failure('failure', 'pairing_expired', message);
    }
    case 'failed':
      throw failedPairing(orgId, end.reason);
    case 'linked':
      terminal.line(`"${orgId}" is linked.`);
      await untilConnected(context, client, orgId);
      return 'ok';
  }
};

export const pair: Register = (program, run) => {
  program
    .command('pair')
    .description(
      'Links a phone. Shows the present QR and its remaining time until a phone scans it. Ctrl-C cancels.',
    )
    .argument('<org>', 'The organization. It is created if it does not exist.')
    .option('--code <phone>', 'Uses a code to type on this phone instead of a QR.', phoneOf)
    .option('--replace-account', 'Allows a phone with another number than before.')
    .action(
      run(
        async (
          context,
          orgId: string,
          { code, replaceAccount = false }: { code?: string; replaceAccount?: boolean },
        ) =>
          online(context, async (client) => {
            const interrupt = onInterrupt();
            const shown = show(context, orgId);
            const end = await pairWith(client, {
              orgId,
              signal: interrupt.signal,
              phoneNumber: code,
              replaceAccount,
              onStep: shown.step,
              onStart: shown.start,
            }).finally(shown.end);
            if (end.kind !== 'linked') interrupt.forget();
            return finish(context, client, orgId, end).finally(interrupt.forget);
          }),
      ),
    );
};
