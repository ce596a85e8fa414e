/** The directory of the sessions, for commands that work on it without a server. */
import { authDirOf, faultOfAuthDir, inspectSettings } from '../offline/settings.ts';
import type { Context } from './command.ts';
import { Failure } from './exit-codes.ts';

/** Throws `Failure` (usage) when AUTH_DIR cannot be meant as it is written. */
export const authDirIn = ({ env }: Pick<Context, 'env'>): string => {
  const settings = inspectSettings(env);
  const fault = faultOfAuthDir(settings);
  if (fault !== undefined) throw new Failure('usage', 'config_invalid', fault);
  return authDirOf(settings);
};
