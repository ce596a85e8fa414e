/** What the harness finds stored: one key and one pairing link. */
import type { Link } from '../../src/links/link.ts';
import { at } from './views.ts';

export const storedKeys = JSON.stringify({
  version: 1,
  keys: [
    {
      keyId: 'abc',
      sha256: '0'.repeat(64),
      name: 'backend',
      scopes: ['sessions:read'],
      orgs: ['acme'],
      createdAt: new Date(at).toISOString(),
    },
  ],
});

export const storedLink: Link = {
  linkId: 'link_b3J0aWdhLW9wdGlj',
  sha256: '0'.repeat(64),
  org: 'acme',
  method: null,
  name: null,
  language: null,
  returnUrl: null,
  createdBy: 'env',
  createdAt: at,
  expiresAt: at + 86_400_000,
  starts: 0,
  outcome: null,
  endedAt: null,
};
