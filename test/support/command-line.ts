/** The built `vigia` in a process of its own, without a terminal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

export class CommandLine {
  stdout = '';
  stderr = '';
  readonly child: ChildProcess;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;

  constructor(args: readonly string[], env: Record<string, string> = {}, cwd?: string) {
    this.child = spawn(process.execPath, [main, ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(cwd !== undefined && { cwd }),
    });
    this.child.stdout?.on('data', (bytes: Buffer) => void (this.stdout += bytes.toString('utf8')));
    this.child.stderr?.on('data', (bytes: Buffer) => void (this.stderr += bytes.toString('utf8')));
    this.ended = once(this.child, 'close').then(
      ([code, signal]) => (code as number | null) ?? String(signal),
    );
  }
  /** The objects that it wrote so far, one a line. */
  get objects(): Record<string, unknown>[] {
    const lines = this.stdout.split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  }
  type(text: string): void {
    this.child.stdin?.write(text);
  }
  async says(pattern: RegExp): Promise<void> {
    await until(
      `${pattern} on its output:\n${this.stdout}${this.stderr}`,
      () => pattern.test(this.stdout + this.stderr),
      20_000,
    );
  }
}

/** Runs it to its end. */
export const vigia = async (args: readonly string[], env: Record<string, string> = {}, cwd?: string) => {
  const running = new CommandLine(args, env, cwd);
  const code = await running.ended;
  return { code, stdout: running.stdout, stderr: running.stderr, objects: () => running.objects };
};
