/** Every page that is made from the code. */
import * as benchmarks from './benchmarks.ts';
import * as cli from './cli.ts';
import * as configuration from './configuration.ts';
import { contractPages } from './contract.ts';
import * as messages from './messages.ts';
import * as methods from './methods.ts';
import * as metrics from './metrics.ts';
import * as operating from './operating.ts';
import * as protocol from './protocol.ts';
import * as recipes from './recipes.ts';
import * as states from './states.ts';
import * as webhooks from './webhooks.ts';

export interface Page {
  /** From the root of the project. */
  readonly file: string;
  readonly render: () => string;
}
export const pages: readonly Page[] = [
  benchmarks,
  cli,
  configuration,
  protocol,
  methods,
  messages,
  webhooks,
  recipes,
  metrics,
  operating,
  states,
  ...contractPages,
];
