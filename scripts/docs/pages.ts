/** Every page that is made from the code. */
import * as configuration from './configuration.ts';
import * as protocol from './protocol.ts';

export interface Page {
  /** From the root of the project. */
  readonly file: string;
  readonly render: () => string;
}
export const pages: readonly Page[] = [configuration, protocol];
