import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AuthenticationCreds,
  BufferJSON,
  KEY_BUNDLE_TYPE,
  type KeyPair,
  proto,
  WA_ADV_ACCOUNT_SIG_PREFIX,
  WA_ADV_DEVICE_SIG_PREFIX,
} from '@whiskeysockets/baileys';
import { type Pair, pairOf, seedOf, sign } from './keys.ts';

/** A device of a phone. Country code 999 is not assigned, so no test number belongs to a person. */
export interface DeviceId {
  /** Digits only, e.g. `99900000001`. */
  readonly phone: string;
  /** 1 or more; the phone itself is 0. */
  readonly device: number;
}

export interface SeedOptions {
  readonly phone: string;
  readonly device?: number;
  readonly name?: string;
  /** How many pre-keys the directory holds (one file each); none by default. */
  readonly preKeys?: number;
  /** Other keys for the same device: what the server does not know unless it is told by `link`. */
  readonly variant?: string;
}

export const fictionalPhone = (index: number): string => `999${String(index).padStart(8, '0')}`;
export const jidOf = ({ phone, device }: DeviceId): string => `${phone}:${device}@s.whatsapp.net`;
export const lidOf = ({ phone, device }: DeviceId): string => `88${phone}:${device}@lid`;

/** The account key that lives on the customer's phone. */
export const primaryIdentity = (phone: string): Pair => pairOf(`primary identity ${phone}`);

const keyLabel = (id: DeviceId, variant: string): string => `${id.phone}:${id.device}${variant}`;

/**
 * The static Noise key a seeded device logs in with: the server derives the same, so seeding needs no word to
 * it.
 */
export const seededNoiseKey = (id: DeviceId): Buffer => noisePair(id, '').public;
const noisePair = (id: DeviceId, variant: string): Pair => pairOf(`noise ${keyLabel(id, variant)}`);

const plain = (pair: Pair): KeyPair => ({ public: pair.public, private: pair.private });

/**
 * The device identity as the phone signs it for one companion: proto without the companion's own signature.
 */
export function signedDeviceIdentity(
  id: DeviceId,
  companionIdentity: Uint8Array,
): proto.IADVSignedDeviceIdentity {
  const primary = primaryIdentity(id.phone);
  const details = proto.ADVDeviceIdentity.encode({
    rawId: seedOf(`raw id ${id.phone}`).readUInt32BE() >>> 1,
    timestamp: Math.floor(Date.UTC(2026, 0, 1) / 1000),
    keyIndex: id.device,
  }).finish();
  const accountSignature = sign(
    primary,
    Buffer.concat([WA_ADV_ACCOUNT_SIG_PREFIX, details, companionIdentity]),
  );
  return { details, accountSignatureKey: primary.public, accountSignature };
}

/**
 * Credentials of a device that is already linked, without going through pairing: as Baileys holds them after
 * its first logins.
 */
export function pairedCredentials({
  phone,
  device = 1,
  name = 'Test',
  preKeys = 0,
  variant = '',
}: SeedOptions): AuthenticationCreds {
  const id = { phone, device };
  const label = keyLabel(id, variant);
  // The phone itself has the account key, with which it signs its companions.
  const identity = device === 0 ? primaryIdentity(phone) : pairOf(`identity ${label}`);
  const signedPreKey = pairOf(`signed pre-key ${label}`);
  const account = signedDeviceIdentity(id, identity.public);
  const { details, accountSignatureKey } = account;
  const deviceSignature = sign(
    identity,
    Buffer.concat([WA_ADV_DEVICE_SIG_PREFIX, details!, identity.public, accountSignatureKey!]),
  );
  return {
    noiseKey: plain(noisePair(id, variant)),
    pairingEphemeralKeyPair: plain(pairOf(`pairing ephemeral ${label}`)),
    signedIdentityKey: plain(identity),
    signedPreKey: {
      keyPair: plain(signedPreKey),
      signature: sign(identity, Buffer.concat([KEY_BUNDLE_TYPE, signedPreKey.public])),
      keyId: 1,
    },
    registrationId: seedOf(`registration ${label}`).readUInt16BE() & 0x3fff,
    advSecretKey: seedOf(`adv secret ${label}`).toString('base64'),
    me: { id: jidOf(id), lid: lidOf(id), name },
    account: { ...account, deviceSignature },
    signalIdentities: [
      {
        identifier: { name: lidOf(id), deviceId: 0 },
        identifierKey: Buffer.concat([KEY_BUNDLE_TYPE, accountSignatureKey!]),
      },
    ],
    platform: 'android',
    processedHistoryMessages: [],
    nextPreKeyId: preKeys + 1,
    firstUnuploadedPreKeyId: preKeys + 1,
    accountSyncCounter: 1,
    accountSettings: { unarchiveChats: false },
    registered: false,
    pairingCode: undefined,
    lastPropHash: undefined,
    routingInfo: undefined,
  };
}

const asJson = (value: unknown): string => JSON.stringify(value, BufferJSON.replacer);
const privateFile = { mode: 0o600 };

/**
 * Writes the directory of a linked device in the layout of `useMultiFileAuthState` (`creds.json`,
 * `pre-key-<n>.json`) and returns what it wrote into `creds.json`. Any fake server with `acceptSeeded` lets
 * it in, in whatever process it runs.
 */
export async function seedCredentials(directory: string, options: SeedOptions): Promise<AuthenticationCreds> {
  const creds = pairedCredentials(options);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (let id = 1; id <= (options.preKeys ?? 0); id += 1) {
    const preKey = plain(pairOf(`pre-key ${id} ${options.phone}:${options.device ?? 1}`));
    await writeFile(join(directory, `pre-key-${id}.json`), asJson(preKey), privateFile);
  }
  await writeFile(join(directory, 'creds.json'), asJson(creds), privateFile);
  return creds;
}
