/** A key as the rest of the program knows it: its id, and what it may do and see. */
import type { z } from 'zod';
import type { Principal as PrincipalSchema } from '../protocol/shapes.ts';

export type Principal = Readonly<z.infer<typeof PrincipalSchema>>;
