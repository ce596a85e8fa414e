/**
 * Two organizations in a process each write to each other through lost connections, late acknowledgements and
 * kills (SIGKILL) at any moment and at the named points of a message's life. The ledger of the fake WhatsApp
 * server and the backends behind the webhooks are the judges.
 */
import build from '../../test/support/build.ts';
import { Scene } from './messages/scene.ts';
import type { Mode, ModeOptions, Report } from './mode.ts';

/** Messages of one scene, in each direction. */
const perScene = 1_000;

export interface MessagesReport extends Report {
  readonly messages: number;
  readonly figures: Readonly<Record<string, unknown>>;
}

/** libsignal prints sessions with their private keys when it replaces them. */
const secrets = /privKey|Closing session/;

export const runMessages = async ({ rng, left, say }: ModeOptions): Promise<MessagesReport> => {
  const broken: string[] = [];
  let messages = 0;
  let figures: Readonly<Record<string, unknown>> = {};
  for (;;) {
    const each = Math.min(perScene, left(messages));
    if (each <= 0) return { messages, figures, broken };
    const scene = await Scene.open(rng);
    try {
      await scene.play(each);
      broken.push(...(await scene.verdict()));
      figures = scene.figures();
      if (secrets.test(scene.output)) broken.push('the output has a session with its keys');
    } finally {
      await scene.close();
    }
    messages += each;
    say(`${messages} messages in each direction: ${JSON.stringify(figures)}`);
  }
};

export const messages: Mode = {
  doc: 'two organizations write to each other through kills and drops (counts messages in each direction)',
  run: async (options) => {
    build();
    return runMessages(options);
  },
};
