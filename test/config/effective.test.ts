import { describe, expect, it } from 'vitest';
import { defaultAlertPolicy } from '../../src/alerts/catalogue.ts';
import { readConfiguration } from '../../src/config/config.ts';
import { effectiveConfig as effectiveOf } from '../../src/config/effective.ts';
import { addressOf, authDirOf, inspectSettings } from '../../src/offline/settings.ts';

const effectiveConfig = (env: Record<string, string>, readText: (file: string) => string) =>
  effectiveOf(env, readConfiguration(env, readText), defaultAlertPolicy);
const noFile = (): never => {
  throw Object.assign(new Error('no file'), { code: 'ENOENT' });
};
const named = (values: readonly { readonly name: string }[], name: string) =>
  values.find((one) => one.name === name);

describe('the configuration as it takes effect', () => {
  it('says of every value where it comes from', () => {
    const { problems, settings } = effectiveConfig({ PORT: '4000', LOG_LEVEL: '', OTHER: 'x' }, noFile);
    expect(problems).toEqual([]);
    expect(named(settings, 'PORT')).toEqual({ name: 'PORT', value: 4_000, from: 'environment' });
    expect(named(settings, 'LOG_LEVEL')).toEqual({ name: 'LOG_LEVEL', value: 'info', from: 'default' });
    expect(named(settings, 'POLICY_FILE')).toEqual({ name: 'POLICY_FILE', value: null, from: 'not set' });
    expect(named(settings, 'OTHER')).toBeUndefined();
  });
  it('never shows a secret, whether it is good or not', () => {
    for (const API_KEY of ['a-good-key-0123456789', 'too-short']) {
      const seen = effectiveConfig({ API_KEY }, noFile);
      expect(JSON.stringify(seen)).not.toContain(API_KEY);
      expect(named(seen.settings, 'API_KEY')).toEqual({
        name: 'API_KEY',
        value: '[set]',
        from: 'environment',
      });
    }
    expect(named(effectiveConfig({}, noFile).settings, 'API_KEY')).toMatchObject({
      value: null,
      from: 'not set',
    });
    const inFile = effectiveConfig({ API_KEY_FILE: 'key' }, () => 'a-key-in-a-file-0123456789');
    expect(named(inFile.settings, 'API_KEY')).toEqual({ name: 'API_KEY', value: '[set]', from: 'file' });
    expect(JSON.stringify(inFile)).not.toContain('a-key-in-a-file');
  });
  it('shows the numbers of the policy, and which of them the file sets', () => {
    const { policy, problems } = effectiveConfig(
      { POLICY_FILE: 'p.json' },
      () => '{"probeMs": 1000, "gate": {"places": 7}}',
    );
    expect(problems).toEqual([]);
    expect(named(policy, 'probeMs')).toEqual({ name: 'probeMs', value: 1_000, from: 'policy file' });
    expect(named(policy, 'gate.places')).toEqual({ name: 'gate.places', value: 7, from: 'policy file' });
    expect(
      named(effectiveConfig({ POLICY_FILE: 'p.json' }, () => '{"alerts": {}}').policy, 'probeMs'),
    ).toMatchObject({ from: 'default' });
    expect(named(policy, 'gate.burst')).toMatchObject({ from: 'default' });
    const alerts = effectiveConfig({ POLICY_FILE: 'p.json' }, () => '{"alerts": {"repeatMs": 5000}}').policy;
    expect(named(alerts, 'alerts.repeatMs')).toEqual({
      name: 'alerts.repeatMs',
      value: 5_000,
      from: 'policy file',
    });
    const settle = { name: 'alerts.settleMs', value: defaultAlertPolicy.settleMs, from: 'default' };
    for (const shown of [alerts, effectiveConfig({ POLICY_FILE: 'p.json' }, () => 'not JSON').policy])
      expect(named(shown, 'alerts.settleMs')).toEqual(settle);
  });
  it('tells every mistake at once, and shows the rest all the same', () => {
    const env = {
      PORT: 'abc',
      HOST: '0.0.0.0',
      SCAN_INTERVAL_MS: '1',
      POLICY_FILE: 'nowhere',
      AUTH_DIR: '/vault',
    };
    const { problems, settings } = inspectSettings(env);
    expect(problems).toMatchObject(
      [/^PORT: /, /^SCAN_INTERVAL_MS: /, /^POLICY_FILE: nowhere cannot be read/, /^HOST is 0\.0\.0\.0/].map(
        (each) => expect.stringMatching(each) as string,
      ),
    );
    expect(named(settings, 'PORT')).toMatchObject({ value: 'abc' });
    expect(authDirOf(inspectSettings(env))).toBe('/vault');
    expect(addressOf(inspectSettings({ PORT: '1', HOST: '::1' }))).toEqual({
      host: '::1',
      port: 1,
      tls: false,
    });
  });
  it('takes another address for right behind a proxy that is said to be there', () => {
    expect(inspectSettings({ HOST: '0.0.0.0', BEHIND_TLS_PROXY: 'true' }).problems).toEqual([]);
  });
});
