/** Who a message goes to: the account of a number, its two ids, and its devices. All of it is asked. */
import {
  areJidsSameUser,
  type BinaryNode,
  type GroupMetadata,
  isJidGroup,
  isLidUser,
  jidDecode,
  jidNormalizedUser,
  USyncQuery,
  USyncUser,
  type WASocket,
} from '@whiskeysockets/baileys';
import { refusalOf, tooLate } from './calls.ts';
import type { GroupCache } from './groups.ts';
import { otherFormOf } from './national-forms.ts';
import { type Looked, SendFault } from './port.ts';

const textOf = ({ content }: BinaryNode): string =>
  content === undefined || Array.isArray(content) ? '' : Buffer.from(content as Uint8Array).toString();
const digitsOf = (text: string): string => text.replace(/\D/gu, '');

interface Answer {
  /** The number that was asked for, as WhatsApp repeats it; '' when it does not. */
  readonly asked: string;
  readonly exists: boolean;
}
/**
 * The library's own `onWhatsApp` loses which answer belongs to which number. WhatsApp repeats the number in
 * its answer: WHATSAPP-FACTS.md#number-lookup.
 */
const contactByNumber: USyncQuery['protocols'][number] = {
  name: 'contact',
  getQueryElement: () => ({ tag: 'contact', attrs: {} }),
  getUserElement: ({ phone = '' }) => ({ tag: 'contact', attrs: {}, content: phone }),
  parser: (node): Answer => ({ asked: digitsOf(textOf(node)), exists: node.attrs['type'] === 'in' }),
};

/** The jid of each number that has an account. */
const accountsOf = async (sock: WASocket, phones: readonly string[]): Promise<Map<string, string>> => {
  const query = new USyncQuery().withContext('interactive');
  query.protocols.push(contactByNumber);
  for (const phone of phones) query.withUser(new USyncUser().withPhone(`+${phone}`));
  const result = await sock.executeUSyncQuery(query);
  if (result === undefined) throw tooLate();
  const answers = result.list.flatMap(({ id, contact }) => {
    const answer = contact as Answer | undefined;
    return answer?.exists ? [{ jid: jidNormalizedUser(id), asked: answer.asked }] : [];
  });
  const found = phones.flatMap((phone) => {
    const answer =
      answers.find(({ asked }) => asked === phone) ??
      answers.find(({ asked, jid }) => asked === '' && jidDecode(jid)?.user === phone);
    return answer ? [[phone, answer.jid] as const] : [];
  });
  return new Map(found);
};

/** Asks for each number as it is given, and for its other national form only if WhatsApp denies that. */
export const lookUp = async (sock: WASocket, phones: readonly string[]): Promise<readonly Looked[]> => {
  const given = await accountsOf(sock, phones);
  const others = phones.flatMap((phone) => (given.has(phone) ? [] : (otherFormOf(phone) ?? [])));
  const other = others.length > 0 ? await accountsOf(sock, others) : new Map<string, string>();
  const jidOf = (phone: string) => given.get(phone) ?? other.get(otherFormOf(phone) ?? '') ?? null;
  const jids = phones.map(jidOf).filter((jid) => jid !== null);
  // an account is found also when WhatsApp refuses to show its LID
  const pairs = await sock.signalRepository.lidMapping.getLIDsForPNs(jids).catch(() => null);
  const lids = new Map(pairs?.map(({ pn, lid }) => [pn, jidNormalizedUser(lid)]));
  return phones.map((phone) => {
    const jid = jidOf(phone);
    return { phone, exists: jid !== null, jid, lid: (jid !== null && lids.get(jid)) || null };
  });
};

/** The two ids of a contact, from the store alone: nothing is asked of WhatsApp. */
export const contactOf = async (
  { authState }: WASocket,
  jid: string,
): Promise<{ readonly phone: string | null; readonly lid: string | null }> => {
  const user = jidDecode(jid)?.user ?? '';
  const isLid = isLidUser(jid);
  const key = isLid ? `${user}_reverse` : user;
  const { [key]: other } = await authState.keys.get('lid-mapping', [key]);
  if (isLid) return { phone: other ?? null, lid: `${user}@lid` };
  return { phone: user, lid: other === undefined ? null : `${other}@lid` };
};

const isOwn = ({ authState }: WASocket, jid: string): boolean => {
  const { id, lid } = authState.creds.me ?? {};
  return areJidsSameUser(jid, id) || areJidsSameUser(jid, lid);
};
const personDevices = async (sock: WASocket, jid: string): Promise<readonly string[]> => {
  const { id = '', lid } = sock.authState.creds.me ?? {};
  // the library asks for our own devices under the id that the chat uses, and finds this answer in its cache
  const self = jidNormalizedUser(isLidUser(jid) && lid !== undefined ? lid : id);
  const found = (await sock.getUSyncDevices([self, jid], true, false)).map((device) => device.jid);
  const others = found.filter((device) => device !== id && device !== lid);
  const reached = isOwn(sock, jid) ? others : others.filter((device) => !isOwn(sock, device));
  // the key bundles too: the send itself would wait for them with everything behind it
  if (reached.length > 0) await sock.assertSessions(others, false);
  return reached;
};

/** Forbidden, and not found. */
const hidden: ReadonlySet<number | undefined> = new Set([403, 404]);
/** Undefined when WhatsApp does not show the group to this account. */
export const findGroup = (
  sock: WASocket,
  groups: GroupCache,
  id: string,
): Promise<GroupMetadata | undefined> =>
  groups.find(sock, id).catch((error: unknown) => {
    if (hidden.has(refusalOf(error))) return undefined;
    throw error;
  });
const groupDevices = async (sock: WASocket, groups: GroupCache, id: string): Promise<readonly string[]> => {
  const group = await findGroup(sock, groups, id);
  if (!group) throw new SendFault('recipient_unreachable', 'The account is not a member of this group.');
  const members = group.participants.map((member) => member.id);
  const found = await sock.getUSyncDevices(members, true, false);
  return found.map(({ jid }) => jid).filter((jid) => !isOwn(sock, jid));
};

/** The devices of a person, of a group's other members, or of ourselves without this one. */
export const devicesOf = (sock: WASocket, groups: GroupCache, jid: string): Promise<readonly string[]> =>
  isJidGroup(jid) ? groupDevices(sock, groups, jid) : personDevices(sock, jid);

/** The next send asks WhatsApp for the devices of this person, or of this group's members, again. */
export const forgetDevices = async (sock: WASocket, groups: GroupCache, jid: string): Promise<void> => {
  const members = groups.known(jid)?.participants.map(({ id }) => id) ?? [];
  groups.forget(jid);
  const { phone, lid } = await contactOf(sock, jid);
  const users = [phone, ...[...members, lid ?? undefined].map((one) => jidDecode(one)?.user)];
  for (const user of users) if (typeof user === 'string') await sock.userDevicesCache.del(user);
};
