/** Where we may send: every way of writing an address that is not public, and names that lead to one. */
import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { describe, expect, it } from 'vitest';
import { allowing, faultOfUrl, guardedLookup } from '../../src/delivery/address.ts';
import { openPost } from '../../src/delivery/http-post.ts';

const onlyPublic = allowing([]);
describe('without a range of the operator', () => {
  it.each([
    'http://127.0.0.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0177.0.0.1/',
    'http://127.1:8080/x',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[fd00::1]/',
    'http://[fe80::1]/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.1.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://100.64.0.1/',
    'http://0.0.0.0/',
    'http://255.255.255.255/',
  ])('%s is refused', (url) => {
    expect(faultOfUrl(url, onlyPublic)).toMatch(/not a public address.*WEBHOOK_ALLOWED_NETWORKS/);
  });
  it.each([
    'https://93.184.216.34/hook',
    'https://example.com/hook',
    'http://[2606:2800:220:1:248:1893:25c8:1946]/',
  ])('%s is not', (url) => {
    expect(faultOfUrl(url, onlyPublic)).toBe(undefined);
  });
  it.each(['ftp://example.com', 'file:///etc/passwd', 'https://user:pw@example.com', 'nonsense'])(
    '%s is no address to send to',
    (url) => {
      expect(faultOfUrl(url, onlyPublic)).toEqual(expect.any(String));
      expect(faultOfUrl(url, onlyPublic)).not.toContain('pw');
    },
  );
  it('a name that resolves to loopback is refused when it is looked up', async () => {
    const lookup = (all: boolean) =>
      new Promise((resolve) =>
        guardedLookup(onlyPublic)('localhost', { all } as Parameters<LookupFunction>[1], (error) =>
          resolve(error),
        ),
      );
    expect(await lookup(true)).toMatchObject({ code: 'ADDRESS_REFUSED' });
    expect(await lookup(false)).toMatchObject({ code: 'ADDRESS_REFUSED' });
  });
  it('nothing reaches a server on loopback, by number or by name', async () => {
    let reached = 0;
    const server = createServer((_, response) => {
      reached += 1;
      response.end();
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const post = openPost({ isAllowed: onlyPublic });
    for (const host of ['127.0.0.1', 'localhost', '0x7f.1', '2130706433'])
      expect(await post.send({ url: `http://${host}:${port}/`, headers: {}, body: '' })).toMatchObject({
        kind: 'failed',
        error: 'address_refused',
      });
    expect(reached).toBe(0);
    const allowed = openPost({ isAllowed: allowing(['127.0.0.0/8', '::1']) });
    expect(await allowed.send({ url: `http://127.0.0.1:${port}/`, headers: {}, body: '' })).toMatchObject({
      kind: 'delivered',
    });
    await Promise.all([post.close(1_000), allowed.close(1_000)]);
    server.close();
  });
});

it('ranges of the operator are allowed, and no others', () => {
  const allowed = allowing(['10.0.0.0/8', '192.168.1.7', 'fd00::/8']);
  for (const url of ['http://10.9.8.7', 'http://192.168.1.7', 'http://[fd12::1]', 'http://[::ffff:10.0.0.1]'])
    expect(faultOfUrl(url, allowed), url).toBe(undefined);
  for (const url of ['http://192.168.1.8', 'http://127.0.0.1', 'http://[fe80::1]'])
    expect(faultOfUrl(url, allowed), url).toBeDefined();
});
