import { type DeviceId, jidOf, lidOf } from '../credentials.ts';

/** What names one device in the relay and in its ledger: `<phone>:<device>`. */
export type DeviceKey = string & {};

export const keyOf = ({ phone, device }: DeviceId): DeviceKey => `${phone}:${device}`;

const userOf = (jid: string): string => jid.split('@')[0]?.split(':')[0] ?? '';
/** The two digits that `lidOf` puts before the phone. */
const lidPrefixLength = 2;

/** The phone behind a jid of either kind. */
export const phoneOf = (jid: string): string =>
  jid.endsWith('@lid') ? userOf(jid).slice(lidPrefixLength) : userOf(jid);

/** The device that a jid names; the phone itself (0) when it names none. */
export const deviceIdOf = (jid: string): DeviceId => ({
  phone: phoneOf(jid),
  device: Number(jid.split('@')[0]?.split(':')[1] ?? 0),
});

/** A jid without its device. */
export const bare = (jid: string): string => jid.replace(/:\d+@/, '@');
export const phoneJid = (phone: string): string => `${phone}@s.whatsapp.net`;
export const lidJid = (phone: string): string => bare(lidOf({ phone, device: 0 }));
export const sideOf = (id: DeviceId, asLid: boolean): string => (asLid ? lidOf(id) : jidOf(id));
export const isGroup = (jid: string): boolean => jid.endsWith('@g.us');
