/**
 * The program hands to the store what its scan saw: between the scan and the socket the credentials are read
 * once, and not examined again.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startVigia, type Vigia } from '../../src/app/app.ts';
import { readConfig } from '../../src/config/config.ts';
import { nodeDisk } from '../../src/disk/node-disk.ts';
import { openLog } from '../../src/log/log.ts';
import { Client } from '../support/client.ts';
import { countingDisk } from '../support/counting-disk.ts';
import { apiKey, hurriedPolicy, ProgramHarness } from '../support/program.ts';
import { trustTestRoot } from '../support/whatsapp/certificate.ts';
import { fictionalPhone, seedCredentials } from '../support/whatsapp/credentials.ts';
import { FakeWhatsApp } from '../support/whatsapp/server.ts';

const whatsapp = new FakeWhatsApp();
const disk = countingDisk(nodeDisk());
let harness: ProgramHarness;
let vigia: Vigia;
let client: Client;
let undoTrust: () => void;
beforeAll(async () => {
  undoTrust = trustTestRoot();
  const url = await whatsapp.listen();
  harness = await ProgramHarness.at(url);
  await seedCredentials(harness.org('acme'), { phone: fictionalPhone(1), device: 1, name: 'Acme' });
  const env = {
    AUTH_DIR: harness.root,
    PORT: '0',
    API_KEY: apiKey,
    WHATSAPP_WS_URL: url,
    POLICY_FILE: 'policy.json',
  };
  const result = readConfig(env, () => JSON.stringify(hurriedPolicy));
  if (!result.ok) throw new Error(result.problems.join('\n'));
  vigia = await startVigia(result.config, openLog({ level: 'silent', format: 'json' }), { disk });
  client = await Client.connect(vigia.url, apiKey);
});
afterAll(async () => {
  client?.close();
  await vigia?.stop();
  await whatsapp.close();
  await harness?.close();
  undoTrust?.();
});

it('examines the credentials twice in the scan, and reads them once for the store', async () => {
  await client.reaches('acme', 'connected');
  const credentials = `${harness.org('acme')}/creds.json`;
  const calls = disk.calls.filter(({ path }) => path === credentials).map(({ operation }) => operation);
  expect(calls.slice(0, 5)).toEqual(['stat', 'stat', 'read', 'stat', 'read']);
});
