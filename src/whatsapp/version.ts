/**
 * The version of WhatsApp Web that we report: resolved once per process and shared by all sessions. It is the
 * last known good one from the cache, or else that of the library. A newer one is requested in the
 * background, and no connection waits for it (a gateway that requested it at every connect hung for 27 hours:
 * WHATSAPP-FACTS.md#version-lookup).
 */

import { DEFAULT_CONNECTION_CONFIG, fetchLatestWaWebVersion, type WAVersion } from '@whiskeysockets/baileys';
import type { WriteLog } from '../base/log.ts';

export const fetchDeadlineMs = 5_000;

export interface VersionCache {
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}
export interface Versions {
  current(): WAVersion;
  /**
   * Requests the version that WhatsApp serves now. Resolves with true when it is another one than before.
   * Never rejects.
   */
  renew(): Promise<boolean>;
}

/** `2.3000.1043857760` */
export const parseVersion = (text: string): WAVersion | undefined => {
  const parts = text.trim().split('.').map(Number);
  return parts.length === 3 && parts.every((n) => Number.isSafeInteger(n) && n >= 0)
    ? (parts as WAVersion)
    : undefined;
};
/** The cached version was published by WhatsApp. That of the library counts only when it is newer. */
const isNewer = (a: WAVersion, b: WAVersion) => (a[0] - b[0] || a[1] - b[1] || a[2] - b[2]) > 0;

/** `options` of `fetch`, for a proxy. */
export const fetchFromWhatsApp = async (options: RequestInit = {}): Promise<WAVersion | undefined> => {
  const { version, isLatest } = await fetchLatestWaWebVersion({
    ...options,
    signal: AbortSignal.timeout(fetchDeadlineMs),
  });
  return isLatest ? (version as WAVersion) : undefined;
};

export interface VersionOptions {
  /** Set by the operator: no other version is requested or used. */
  readonly fixed?: WAVersion;
  readonly cache: VersionCache;
  readonly ask: () => Promise<WAVersion | undefined>;
  readonly log: WriteLog;
}

export const openVersions = async ({ fixed, cache, ask, log }: VersionOptions): Promise<Versions> => {
  const bundled = DEFAULT_CONNECTION_CONFIG.version as WAVersion;
  const problem = (what: string) => (error: unknown) => {
    log('version.lookup_failed', { what, why: error instanceof Error ? error.message : String(error) });
    return undefined;
  };
  const remembered =
    fixed === undefined ? parseVersion((await cache.read().catch(problem('read cache'))) ?? '') : undefined;
  let current = fixed ?? (remembered && isNewer(remembered, bundled) ? remembered : bundled);
  return {
    current: () => current,
    renew: async () => {
      if (fixed !== undefined) return false;
      const latest = await ask().catch(problem('ask whatsapp'));
      if (latest === undefined || latest.join('.') === current.join('.')) return false;
      current = latest;
      await cache.write(latest.join('.')).catch(problem('write cache'));
      return true;
    },
  };
};
