/** The definition of a method. Each domain has a file beside this one; `methods.ts` merges them. */
import { z } from 'zod';
import type { Scope } from '../scopes.ts';

export interface MethodSpec {
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  /** `null`: any initialized client. `per topic`: see `topicScopes`. */
  readonly scope: Scope | 'per topic' | null;
  readonly doc: string;
}

/** Params of a method without params. */
export const nothing = z.strictObject({});
