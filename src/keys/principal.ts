/** A key as the rest of the program sees it: its id, its scopes and its organizations. */
import type { z } from 'zod';
import type { Principal as PrincipalSchema } from '../protocol/shapes.ts';

export type Principal = Readonly<z.infer<typeof PrincipalSchema>>;
