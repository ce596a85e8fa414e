import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ListenError } from '../../../src/control/http/listen.ts';
import { selfSigned } from '../../support/certificate.ts';
import { adminKey, type Harness, startHarness } from '../harness.ts';

const tls = selfSigned();
let harness: Harness;
afterEach(() => harness?.stop());
const port = () => Number(new URL(harness.server.url).port);

describe('with a certificate', () => {
  it('the control API uses TLS, with the same rules', async () => {
    harness = await startHarness({ tls });
    expect(harness.server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const status = await new Promise((resolve, reject) =>
      request(`${harness.server.url}/livez`, { ca: tls.cert }, (response) =>
        resolve(response.resume().statusCode),
      )
        .on('error', reject)
        .end(),
    );
    expect(status).toBe(200);
    const options = {
      ca: tls.cert,
      headers: { authorization: `Bearer ${adminKey}`, origin: harness.server.url },
    };
    const socket = new WebSocket(`${harness.server.url.replace('https', 'wss')}/v1`, options);
    await once(socket, 'open');
    socket.send(
      '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"1.0","client":{"name":"t","version":"1"}}}',
    );
    const [data] = (await once(socket, 'message')) as [Buffer];
    expect(JSON.parse(String(data))).toMatchObject({ id: 1, result: { principal: { keyId: 'env' } } });
    socket.terminate();
    const foreign = new WebSocket(`${harness.server.url.replace('https', 'wss')}/v1`, {
      ca: tls.cert,
      origin: 'https://evil.example',
    });
    const [error] = (await once(foreign, 'error')) as [Error];
    expect(error.message).toMatch(/403/);
  });
  it('an address besides loopback may be used, and its own name is allowed', async () => {
    harness = await startHarness({ tls, host: '0.0.0.0' });
    expect(harness.server.url).toMatch(/^https:/);
  });
  it('plain HTTP, an old TLS and random bytes do no harm', async () => {
    harness = await startHarness({ tls });
    for (const bytes of [
      'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n',
      '\u0016\u0003\u0001\u0000\u0005hello',
      '\0'.repeat(300),
    ]) {
      const peer = connect(port(), '127.0.0.1');
      peer.on('error', () => undefined).resume();
      peer.write(bytes);
      await once(peer, 'close');
    }
    const old = connectTls({
      port: port(),
      host: '127.0.0.1',
      ca: tls.cert,
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
    });
    await expect(once(old, 'secureConnect')).rejects.toThrow();
    const socket = new WebSocket(`${harness.server.url.replace('https', 'wss')}/v1`, { ca: tls.cert });
    await once(socket, 'open');
    socket.terminate();
  });
});

it('an invalid certificate, or one of another key, is refused with a message', async () => {
  for (const wrong of [
    { cert: 'x', key: 'y' },
    { cert: tls.cert, key: selfSigned().key },
  ]) {
    const starting = startHarness({ tls: wrong });
    await expect(starting).rejects.toThrow(ListenError);
    await expect(starting).rejects.toThrow(/TLS_CERT_FILE and TLS_KEY_FILE are no certificate/);
  }
});
