/**
 * The whole contract in one object: validation, authorization, types, documents and conformance tests are
 * made from it.
 */
import { closes, errors } from './errors.ts';
import { events } from './events.ts';
import { methods } from './methods.ts';

export const protocol = {
  /** Adding methods, events, optional fields and reasons does not change it; anything else is /v2. */
  version: '1.0',
  supportedVersions: ['1.0'] as readonly string[],
  path: '/v1',
  /** The same methods over HTTP, but for those of a connection. */
  rpcPath: '/v1/rpc',
  subprotocol: 'vigia.v1',
  methods,
  events,
  errors,
  closes,
} as const;
