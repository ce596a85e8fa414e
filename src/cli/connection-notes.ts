/** For commands that stay: what becomes of their connection, on stderr. */
import type { Client } from '../client/client.ts';
import { printable, type Terminal } from './terminal.ts';
import { span } from './time.ts';

export const noteConnection = (client: Client, { note }: Terminal): void => {
  client.onState((state) => {
    if (state.status === 'waiting')
      note(`The connection was lost (${printable(state.because.message)}) Trying again in ${span(state.inMs)}.`);
    if (state.status === 'online') note('Connected again.');
  });
};
