/** Notes about the connection on stderr, for commands that keep running. */
import type { Client } from '../client/client.ts';
import { printable, type Terminal } from './terminal.ts';
import { span } from './time.ts';

export const noteConnection = (client: Client, { note }: Terminal): void => {
  client.onState((state) => {
    if (state.status === 'waiting') {
      const why = printable(state.because.message);
      note(`The connection was lost (${why}). The next attempt is in ${span(state.inMs)}.`);
    }
    if (state.status === 'online') note('Connected again.');
  });
};
