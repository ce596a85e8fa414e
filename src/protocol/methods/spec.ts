/**
 * What the registry says of a method. One file beside this one for each domain; `methods.ts` above merges
 * them.
 */
import { z } from 'zod';
import type { Scope } from '../scopes.ts';

export interface MethodSpec {
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  /** `null`: any initialized client. `per topic`: see `topicScopes`. */
  readonly scope: Scope | 'per topic' | null;
  readonly doc: string;
}

/** Params of a method that takes none. */
export const nothing = z.strictObject({});
