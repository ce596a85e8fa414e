/**
 * The whole contract in one object: validation, authorization, types, documents and conformance tests derive
 * from it.
 */
import { closes, errors } from './errors.ts';
import { events } from './events.ts';
import { methods } from './methods.ts';

export const protocol = {
  /** New methods, events, optional fields and reasons do not change it; any other change makes /v2. */
  version: '1.0',
  supportedVersions: ['1.0'] as readonly string[],
  path: '/v1',
  /** The same methods over HTTP, except those of a connection. */
  rpcPath: '/v1/rpc',
  /** Codes that log a browser in without copying a key. */
  loginPath: '/v1/login',
  subprotocol: 'vigia.v1',
  methods,
  events,
  errors,
  closes,
} as const;
