/** Notes about the connection on stderr, for commands that keep running. */
import type { Client } from '../client/client.ts';
import { printable, type Terminal } from './terminal.ts';
import { span } from './time.ts';

export const noteConnection = (client: Client, { note }: Terminal): void => {
  client.onState((state) => {
    if (state.status === 'waiting')
      note(
        `The connection was lost (${printable(state.because.message)}). The next attempt is in ` +
          `${span(state.inMs)}.`,
      );
    if (state.status === 'online') note('Connected again.');
  });
};
