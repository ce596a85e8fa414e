/**
 * The fields of a `creds.json` that a login needs, and the types of the others that the client library uses
 * without a check. Sizes: a Curve25519 key has 32 bytes (RFC 7748). A registration id has 32 bits on the wire
 * (`encodeBigEndian` of the client library). Other fields are kept as they are.
 */
import { z } from 'zod';
import { bytesFrom } from '../base/json-bytes.ts';

const keyBytes = 32;

const bytes = (length?: number) =>
  z.unknown().transform((value, context) => {
    const found = bytesFrom(value);
    if (found && found.length > 0 && (length === undefined || found.length === length)) return found;
    context.addIssue(found ? `has ${found.length} bytes instead of ${length ?? 'some'}` : 'is not bytes');
    return z.NEVER;
  });
const keyPair = z.looseObject({ private: bytes(keyBytes), public: bytes(keyBytes) }, 'is not a pair of keys');
const count = z.int('is not a whole number').nonnegative('is negative').max(0xff_ff_ff, 'is too large');
const list = z.array(z.unknown(), 'is not a list');
const text = z.string('is not text');

export const credentialsFormat = z.looseObject(
  {
    noiseKey: keyPair,
    signedIdentityKey: keyPair,
    signedPreKey: z.looseObject(
      { keyPair, signature: bytes().optional(), keyId: count.optional() },
      'is not a signed pre-key',
    ),
    registrationId: z
      .int('is not a whole number')
      .nonnegative('is negative')
      .max(0xff_ff_ff_ff, 'is too large'),
    advSecretKey: text.min(1, 'is empty'),
    nextPreKeyId: count.nullish(),
    firstUnuploadedPreKeyId: count.nullish(),
    accountSyncCounter: z.number('is not a number').nullish(),
    lastAccountSyncTimestamp: z.number('is not a number').nullish(),
    processedHistoryMessages: list.nullish(),
    signalIdentities: list.nullish(),
    accountSettings: z.looseObject({}, 'is not an object').nullish(),
    myAppStateKeyId: text.nullish(),
    lastPropHash: text.nullish(),
    platform: text.nullish(),
    routingInfo: bytes().nullish(),
  },
  'is not an object',
);
/** Credentials with their bytes as `Buffer`. */
export type Credentials = z.infer<typeof credentialsFormat>;

/** The first thing that is wrong, without any value: "noiseKey.private has 31 bytes instead of 32". */
export const flawOf = ({ issues: [issue] }: z.ZodError): string =>
  `${issue?.path.join('.') || 'the content'} ${issue?.message ?? ''}`;
