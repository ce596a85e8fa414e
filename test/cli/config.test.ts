/** `vigia config` with a running server, and without one. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adminKey, type Harness, startHarness } from '../control/harness.ts';
import { inProcess } from '../support/in-process.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());
const env = () => ({ VIGIA_API_KEY: adminKey, VIGIA_URL: harness.server.url });

it('config shows the settings of the running server, and how this shell differs', async () => {
  const here = { ...env(), ALLOWED_HOSTS: 'x.example' };
  const { code, stdout, stderr } = await inProcess(['config'], here);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^LOG_LEVEL +warn +environment$/m);
  expect(stderr).toMatch(/^The settings of the running server\./);
  expect(stderr).toMatch(/This shell differs: LOG_LEVEL is info here, and warn at the server\./);
  expect(stderr).toMatch(/ALLOWED_HOSTS is \["x\.example"\] here, and \[\] at the server/);
  const { objects } = await inProcess(['config', '--json'], here);
  expect(objects()[0]?.['server']).toMatchObject({
    settings: expect.arrayContaining([{ name: 'LOG_LEVEL', value: 'warn', from: 'environment' }]) as unknown,
    differences: expect.arrayContaining([{ name: 'LOG_LEVEL', here: 'info', server: 'warn' }]) as unknown,
  });
  expect(`${stdout}${stderr}`).not.toContain(adminKey);
});
it('config states that it describes only this shell, when no server answers', async () => {
  const alone = await inProcess(['config', '--url', 'http://127.0.0.1:1'], env());
  expect(alone).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^LOG_LEVEL +info +default$/m) as string,
    stderr: expect.stringMatching(
      /^Only the settings of this shell, .*: the server at 127\.0\.0\.1:1 cannot be reached/,
    ) as string,
  });
  const { stderr } = await inProcess(['config'], { ...env(), VIGIA_API_KEY: 'no-such-key' });
  expect(stderr).toMatch(/^Only the settings of this shell, .* does not accept the API key/);
});
