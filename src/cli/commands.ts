/** Every command, in the order in which the help shows them. */
import type { Register } from './command.ts';
import { keys } from './commands/keys.ts';
import { serve } from './commands/serve.ts';
import { status } from './commands/status.ts';

export const commands: readonly Register[] = [serve, status, keys];
