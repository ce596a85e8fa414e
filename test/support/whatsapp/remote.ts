import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Commands } from './control.ts';
import type { Options } from './options.ts';

type Remote = {
  readonly [K in keyof Commands]: (
    ...args: Parameters<Commands[K]>
  ) => Promise<Awaited<ReturnType<Commands[K]>>>;
};

async function call(controlPort: number, command: string, args: readonly unknown[]): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${controlPort}/`, {
    method: 'POST',
    body: JSON.stringify({ command, args }),
  });
  const { value, error } = (await response.json()) as { value?: unknown; error?: string };
  if (!response.ok) throw new Error(`the fake WhatsApp server could not run ${command}: ${error}`);
  return value;
}

/** Every command of `control.ts` as a typed method that returns a promise. */
export const remoteControl = (controlPort: number): Remote =>
  new Proxy({} as Remote, {
    // `then` stays absent, or awaiting the client would call the server.
    get: (_, command) =>
      typeof command === 'string' && command !== 'then'
        ? (...args: unknown[]) => call(controlPort, command, args)
        : undefined,
  });

export interface RunningServer {
  readonly url: string;
  readonly port: number;
  readonly controlPort: number;
  readonly pid: number;
  readonly whatsapp: Remote;
  /** Ends the process and waits for it. */
  stop(): Promise<void>;
}

const processFile = fileURLToPath(new URL('./process.ts', import.meta.url));
/** Preload for a program under test: `node --import <this>`. */
export const trustTestRootPreload: string = new URL('./trust-test-root.mjs', import.meta.url).href;

/** Starts a fake WhatsApp server in a process of its own, which ends with this one. */
export async function startFakeWhatsApp(options: Partial<Options> = {}, port = 0): Promise<RunningServer> {
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', processFile, JSON.stringify({ port, options, exitWithParent: true })],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, 'line').then(([line]) => String(line));
  const early = exited.then(([code]) =>
    Promise.reject(new Error(`the fake WhatsApp server ended before it listened (code ${code})`)),
  );
  early.catch(() => undefined);
  const listening = JSON.parse(await Promise.race([first, early])) as {
    url: string;
    port: number;
    controlPort: number;
  };
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
  };
  return { ...listening, pid: child.pid ?? 0, whatsapp: remoteControl(listening.controlPort), stop };
}
