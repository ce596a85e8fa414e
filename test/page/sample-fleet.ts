/** Fleets to look at: forty organizations in every situation, and two thousand. */
import type { Reason } from '../../machines/domain/disconnect.ts';
import type { SessionView } from '../../machines/domain/view.ts';
import { viewOf } from '../control/views.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** `now`: epoch milliseconds. Each situation is what a session's view says. */
type Situation = (now: number) => Partial<SessionView>;
const failedFor =
  (reason: Reason, ago: number, over: Partial<SessionView> = {}): Situation =>
  (now) => ({
    state: 'failed',
    liveness: null,
    since: now - ago,
    lastError: { reason, at: now - ago },
    ...over,
  });
const situations = {
  ok: () => ({}),
  stopped: (now) => ({
    state: 'idle',
    liveness: null,
    desired: 'stopped',
    since: now - 16 * day,
    lastError: { reason: 'stopped', at: now - 16 * day },
  }),
  unpaired: (now) => ({
    state: 'idle',
    liveness: null,
    credentials: 'absent',
    account: null,
    since: now - 8 * day,
    lastConnectedAt: null,
  }),
  suspect: (now) => ({ liveness: 'suspect', since: now - 40 * minute }),
  deaf: (now) => ({ liveness: 'deaf', since: now - 4 * minute }),
  queued: (now) => ({ state: 'restoring', step: 'queued', liveness: null, since: now - minute }),
  connecting: (now) => ({ state: 'restoring', step: 'connecting', liveness: null, since: now - minute }),
  verifying: (now) => ({ state: 'restoring', step: 'verifying', liveness: null, since: now - minute }),
  pairing: (now) => ({
    state: 'pairing',
    liveness: null,
    since: now - 2 * minute,
    pairing: { id: 'pair_1', method: 'qr', expiresAt: now + minute },
  }),
  retrying: (now) => ({
    state: 'retrying',
    liveness: null,
    since: now - 7 * minute,
    attempt: 4,
    nextRetryAt: now + 42_000,
    lastError: { reason: 'network', at: now - minute },
  }),
  busy: (now) => ({
    state: 'retrying',
    liveness: null,
    since: now - 20_000,
    attempt: 1,
    nextRetryAt: now + 9_000,
    lastError: { reason: 'server_busy', statusCode: 503, at: now - 20_000 },
  }),
  revoked: failedFor('revoked', 21 * minute, { credentials: 'revoked' }),
  conflict: failedFor('conflict', 3 * hour),
  locked: failedFor('locked', 20 * hour),
  corrupt: failedFor('creds_corrupt', 9 * hour, { credentials: 'corrupt' }),
  banned: (now) => failedFor('banned_temporarily', 2 * hour, { nextRetryAt: now + 147 * minute })(now),
  exhausted: (now) => failedFor('exhausted', hour, { attempt: 10, nextRetryAt: now + 6 * minute })(now),
} satisfies Record<string, Situation>;
type SituationName = keyof typeof situations;

const slugOf = (name: string) =>
  name
    .normalize('NFD')
    .replaceAll(/[\p{M}.]/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-');
const one = (name: string, index: number, situation: SituationName, now: number): SessionView => {
  const since = now - ([6, 12, 21, 25, 1.2, 0.2, 16, 0.4][index % 8] ?? 1) * day;
  const id = `51900555${String(index).padStart(3, '0')}:3@s.whatsapp.net`;
  const base = { since, lastConnectedAt: since, revision: index + 1, account: { id, name } };
  return viewOf(slugOf(name), { ...base, ...situations[situation](now) });
};

const names: readonly string[] = [
  'Academia Horizonte',
  'Bodega Don Aurelio',
  'Cafetería Aroma',
  'Centro Médico Belén',
  'Clínica Dental Sonrisa',
  'Clínica San Rafael',
  'Clínica Santa Lucía',
  'Clínica Visión 21',
  'Consultorio Dra. Paredes',
  'Droguería La Salud',
  'Estética Camelia',
  'Farmacia San José',
  'Ferretería El Tornillo',
  'Fisioterapia Activa',
  'Florería Las Dalias',
  'Gimnasio Cumbre',
  'Heladería Polar',
  'Hostal Casa Blanca',
  'Hotel Los Aromos',
  'Laboratorio Andes',
  'Lavandería Burbuja',
  'Librería El Quijote',
  'Mueblería Roble',
  'Notaría Salinas',
  'Óptica Luz del Sur',
  'Óptica Miraflores',
  'Ópticas del Valle',
  'Panadería La Espiga',
  'Peluquería Rizos',
  'Pizzería Nápoli',
  'Podología Paso Firme',
  'Pollería El Dorado',
  'Restaurante El Fogón de la Abuela Encarnación y Hermanos',
  'Sastrería Medina',
  'Taller Mecánico Ruiz',
  'Taquería Los Compadres',
  'Transportes Cóndor',
  'Veterinaria Huellas',
  'Vivero Jacaranda',
  'Zapatería Milán',
];
const special: Readonly<Record<number, SituationName>> = {
  0: 'stopped',
  4: 'locked',
  6: 'verifying',
  7: 'unpaired',
  11: 'banned',
  17: 'queued',
  19: 'busy',
  24: 'revoked',
  26: 'connecting',
  27: 'pairing',
  29: 'suspect',
  32: 'conflict',
  35: 'retrying',
  37: 'exhausted',
};
export const fortyOf = (now: number, isCalm = false): readonly SessionView[] =>
  names.map((name, index) => one(name, index, isCalm && index !== 0 ? 'ok' : (special[index] ?? 'ok'), now));

/** `isOutage`: most have lost WhatsApp at once. */
export const thousandsOf = (now: number, total = 2_000, isOutage = false): readonly SessionView[] => {
  const bad: readonly SituationName[] = [
    'revoked',
    'revoked',
    'conflict',
    'revoked',
    'locked',
    'revoked',
    'corrupt',
  ];
  const situationOf = (index: number): SituationName => {
    if (index % 290 === 137) return bad[Math.floor(index / 290)] ?? 'ok';
    if (index % 41 === 3) return 'stopped';
    if (isOutage && index % 7 < 5) return 'retrying';
    return index % 97 === 5 ? 'retrying' : 'ok';
  };
  return Array.from({ length: total }, (_, index) => {
    const name = `${names[index % names.length]} ${String(Math.floor(index / names.length) + 1)}`;
    return one(name, index, situationOf(index), now);
  });
};
