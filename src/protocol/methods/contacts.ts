/** Methods about contacts and groups, and the forms of a recipient. */
import { z } from 'zod';
import { OrgId } from '../session.ts';
import type { MethodSpec } from './spec.ts';

const phoneForm = '[1-9][0-9]{6,14}'; // E.164 without the plus sign
export const Phone = z
  .string()
  .regex(
    new RegExp(`^${phoneForm}$`),
    'A phone number has 7 to 15 digits with its country code first, and nothing else: 34600111222.',
  );
const groupForm = '[0-9]{5,25}(?:-[0-9]{5,15})?@g\\.us';
const GroupId = z.string().regex(new RegExp(`^${groupForm}$`), 'The id of a group ends with @g.us.');
export const Recipient = z
  .string()
  .regex(
    new RegExp(`^(?:${phoneForm}|${groupForm}|[0-9]{3,20}@lid)$`),
    'A recipient is a phone number (7 to 15 digits with its country code first: 34600111222), a group ' +
      '(…@g.us) or a lid from an event (…@lid).',
  )
  .describe('A phone number with its country code and nothing else, a group (`…@g.us`) or a lid (`…@lid`).');

export const Group = z.object({
  id: z.string(),
  subject: z.string(),
  participants: z.array(
    z.object({ phone: z.string().nullable(), lid: z.string().nullable(), isAdmin: z.boolean() }),
  ),
});
const org = z.strictObject({ orgId: OrgId });
/** WhatsApp treats many look-ups as a search for victims. */
export const lookUpsPerHour = 60;

export const contactMethods = {
  'contact.exists': {
    scope: 'messages:send',
    doc:
      'Whether numbers have WhatsApp, and the number that WhatsApp knows each by: WhatsApp is asked, never ' +
      `a table of national forms. At most ${lookUpsPerHour} calls an hour for each organization.`,
    params: org.extend({ phones: z.array(Phone).min(1).max(20) }),
    result: z.object({
      items: z.array(
        z.object({
          phone: z.string(),
          exists: z.boolean(),
          jid: z.string().nullable(),
          lid: z.string().nullable(),
        }),
      ),
    }),
  },
  'group.list': {
    scope: 'messages:read',
    doc: 'The groups of the organization, ordered by id, a page at a time.',
    params: org.extend({
      limit: z.int().min(1).max(100).default(20),
      cursor: z.string().min(1).max(64).optional(),
    }),
    result: z.object({ items: z.array(Group), nextCursor: z.string().nullable() }),
  },
  'group.get': {
    scope: 'messages:read',
    doc: 'One group with its participants.',
    params: org.extend({ groupId: GroupId }),
    result: z.object({ group: Group }),
  },
} as const satisfies Record<string, MethodSpec>;
