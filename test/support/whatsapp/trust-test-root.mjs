/**
 * Preload for a program under test: `node --import <this file> dist/src/main.js` (or after `--import tsx`).
 *
 * Real Baileys accepts only servers whose certificate chain starts at WhatsApp's root. This module replaces
 * that root, inside the process that loads it, by the published test root of the fake WhatsApp server. It is
 * plain JavaScript so that it also works without tsx.
 */
import { readFileSync } from 'node:fs';
import { WA_CERT_DETAILS } from '@whiskeysockets/baileys';

const testRoot = JSON.parse(readFileSync(new URL('./test-root.json', import.meta.url), 'utf8'));
WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(testRoot.publicKeyHex, 'hex');
