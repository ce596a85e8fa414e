/**
 * The fake WhatsApp server as a process of its own:
 *
 *   node --import tsx test/support/whatsapp/process.ts
 *   '{"port":0,"controlPort":0,"options":{},"exitWithParent":false}'
 *
 * It prints one line, `{"port":…,"controlPort":…,"url":…}`, when both are listening. SIGTERM ends it; with
 * `exitWithParent`, so does the end of its standard input, which also covers a parent that was killed.
 */
import { startControl } from './control.ts';
import type { Options } from './options.ts';
import { FakeWhatsApp } from './server.ts';

interface Settings {
  readonly port?: number;
  readonly controlPort?: number;
  readonly options?: Partial<Options>;
  readonly exitWithParent?: boolean;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as Settings;
const server = new FakeWhatsApp(settings.options);
const url = await server.listen(settings.port);
const control = await startControl(server, settings.controlPort);

if (settings.exitWithParent) process.stdin.on('end', () => process.exit(0)).resume();
process.on('SIGTERM', () => process.exit(0));
process.stdout.write(`${JSON.stringify({ port: server.port, controlPort: control.port, url })}\n`);
