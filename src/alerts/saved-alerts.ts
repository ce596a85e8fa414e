/**
 * The alerts that outlive the process: those that were sent and whose end was not, and those that were
 * silenced before they were sent. One row for each, under its fingerprint.
 */
import { z } from 'zod';
import type { Table, TableChange } from '../database/table.ts';
import { alertNames } from '../protocol/alerts.ts';
import { type FiredAlert, fingerprintOf } from './alert-store.ts';

const SavedAlert = z
  .object({
    name: z.enum(alertNames),
    org: z.string().nullable(),
    since: z.number().nonnegative(),
    fingerprint: z.string(),
    silencedUntil: z.number().optional(),
    silencedAt: z.number().optional(),
    toldAt: z.number().optional(),
    endsAt: z.number().optional(),
  })
  .loose();

export interface SavedAlerts {
  load(): Promise<readonly FiredAlert[]>;
  /** Replaces the saved alerts; resolves when that is durable. */
  save(alerts: readonly FiredAlert[]): Promise<void>;
}

export const savedAlertsIn = (table: Table): SavedAlerts => {
  /** A damaged row is skipped: it must not hide the others, nor prevent the start. */
  const rows = () =>
    table.range({}).flatMap(([key, value]) => {
      const { success } = SavedAlert.safeParse(value);
      return success ? [{ key, alert: value as FiredAlert }] : [];
    });
  return {
    load: async () => rows().map(({ alert }) => alert),
    save: async (alerts) => {
      const added = new Map(alerts.map((alert) => [alert.fingerprint, alert]));
      const changes = rows().flatMap(({ key, alert: saved }): TableChange[] => {
        const alert = added.get(fingerprintOf(saved));
        if (alert === undefined) return [{ key }];
        added.delete(alert.fingerprint);
        return JSON.stringify(alert) === JSON.stringify(saved) ? [] : [{ key, value: alert }];
      });
      const all = [
        ...changes,
        ...[...added.values()].map((alert) => ({ key: [alert.fingerprint], value: alert })),
      ];
      if (all.length > 0) await table.write(all);
    },
  };
};
