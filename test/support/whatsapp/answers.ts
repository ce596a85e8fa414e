import { S_WHATSAPP_NET } from '@whiskeysockets/baileys';
import { lidOf } from './credentials.ts';
import type { Device } from './devices.ts';
import { attr, child, children, node, nowS, resultOf, type Stanza } from './stanza.ts';

/**
 * Answers to the requests a logged-in Baileys makes, by `xmlns`. Whatever is not in the table gets an empty
 * result.
 */
type Answer = (request: Stanza, device: Device, preKeys: number) => Stanza[] | undefined;

const bareJid = (jid: string): string => jid.replace(/:\d+@/, '@');

function userAnswer(user: Stanza): Stanza {
  const contact = children(user).find(({ tag }) => tag === 'contact')?.content;
  const phone = contact === undefined || Array.isArray(contact) ? undefined : Buffer.from(contact).toString();
  const jid = bareJid(attr(user, 'jid') ?? `${(phone ?? '').replace('+', '')}@s.whatsapp.net`);
  const id = { phone: jid.split('@')[0] ?? '', device: 0 };
  return node('user', { jid }, [
    node('contact', { type: 'in' }),
    node('devices', {}, [node('device-list', {}, [node('device', { id: '0' })])]),
    node('lid', { val: bareJid(lidOf(id)) }),
  ]);
}

const answers: Readonly<Record<string, Answer>> = {
  encrypt: (request, device, preKeys) => {
    if (child(request, 'count')) return [node('count', { value: String(device.preKeys ?? preKeys) })];
    if (child(request, 'digest')) return [node('digest', {}, [node('registration', {}, Buffer.alloc(4))])];
    return undefined;
  },
  abt: () => [node('props', { protocol: '1' }, [node('prop', { name: 'web_test', value: '1' })])],
  blocklist: () => [node('list', {}, [])],
  privacy: () => [
    node(
      'privacy',
      {},
      ['readreceipts', 'last', 'online', 'profile', 'status', 'groupadd', 'calladd'].map((name) =>
        node('category', { name, value: 'all' }),
      ),
    ),
  ],
  usync: (request) => {
    const list = child(child(request, 'usync'), 'list');
    return [
      node('usync', { ...child(request, 'usync')?.attrs }, [
        node('list', {}, children(list).map(userAnswer)),
      ]),
    ];
  },
  'w:sync:app:state': (request) => [
    node(
      'sync',
      {},
      children(child(request, 'sync')).map((one) =>
        node('collection', { name: attr(one, 'name') ?? '', version: attr(one, 'version') ?? '0' }),
      ),
    ),
  ],
  'w:g2': () => [node('groups', {}, [])],
  'w:m': () => [
    node('media_conn', { auth: 'test', ttl: '3600', auth_ttl: '3600', max_buckets: '12' }, [
      node('host', { hostname: '127.0.0.1' }),
    ]),
  ],
  'w:mex': () => [node('result', {}, Buffer.from(JSON.stringify({ data: {} })))],
};

/** The answer to one `<iq>` of a client that is logged in. */
export const answerTo = (request: Stanza, device: Device, preKeys: number): Stanza =>
  resultOf(request, answers[attr(request, 'xmlns') ?? '']?.(request, device, preKeys));

/** How many one-time pre-keys a client uploads with this request; none when it is no upload. */
export const uploadedPreKeys = (request: Stanza): number =>
  attr(request, 'xmlns') === 'encrypt' && attr(request, 'type') === 'set'
    ? children(child(request, 'list')).length
    : 0;

/** WhatsApp acknowledges a message stanza at once. */
export const ackOf = (message: Stanza): Stanza =>
  node('ack', {
    class: 'message',
    id: attr(message, 'id') ?? '',
    from: attr(message, 'to') ?? S_WHATSAPP_NET,
    t: nowS(),
  });
