/** Spanish: alerts, deliveries, keys, server, events. */
import { alertTextsEs } from './alerts-es.ts';
import type { Widened } from './dictionary.ts';
import type { pagesEn } from './pages-en.ts';

const some = (n: string, count: number, one: string, many: string) => `${n} ${count === 1 ? one : many}`;

export const pagesEs: Widened<typeof pagesEn> = {
  alertTexts: alertTextsEs,
  alerts: {
    loading: 'Cargando las alertas…',
    none: 'Ninguna alerta.',
    title: (count, n) => `${some(n, count, 'alerta', 'alertas')}.`,
    silencedTitle: (count, n) => (count === 1 ? 'Una está en silencio.' : `${n} están en silencio.`),
    about: 'Se avisa una vez cuando empieza, otra vez mientras dura, y cuando termina.',
    server: 'El servidor',
    severities: { critical: 'crítica', warning: 'aviso' },
    silence: 'Silenciar…',
    untils: { hour: '1 hora', four: '4 horas', tomorrow: 'hasta mañana, 09:00' },
    silenced: (time) => `en silencio hasta ${time}`,
    again: 'Volver a avisar',
    ended: 'Terminaron hace poco',
  },
  deliveries: {
    title: (count, n) =>
      count === 0 ? 'Ningún destino recibió nada todavía.' : `${some(n, count, 'destino', 'destinos')}.`,
    about: 'No se pierde nada: lo que un destino no acepta espera, y sale en orden cuando responde.',
    deliveries: 'Envíos',
    delivery: 'Envío',
    event: 'Evento',
    to: 'A',
    tries: 'Intentos',
    answer: 'Respuesta',
    when: 'Cuándo',
    show: 'Mostrar',
    filters: { all: 'Todos', pending: 'Esperan', dead: 'Abandonados' },
    statuses: { pending: 'espera', delivered: 'entregado', dead: 'abandonado' },
    sendNow: 'Enviar ahora',
    sendAgain: 'Enviar otra vez',
    test: 'Enviar una prueba',
    tested: (answer, ms) => `la prueba recibió ${answer}, en ${ms} ms`,
    takes: 'Acepta todo.',
    failing: (answer, n) => `Responde ${answer}. Esperan: ${n}.`,
    none: 'No hay ningún envío.',
  },
  server: {
    title: 'El servidor',
    about: 'Su salud, y lo que pueden ver esta página y su llave.',
    checks: 'Comprobaciones',
    names: {
      supervisor: 'Supervisor',
      scan: 'Primera revisión',
      directory: 'Carpeta',
      restore: 'Primera revisión',
      storage: 'Almacenamiento',
      database: 'Base de datos',
      gate: 'Puerta a WhatsApp',
      shutdown: 'Parada',
    },
    statuses: { pass: 'bien', warn: 'a medias', fail: 'falló' },
    version: 'Versión',
    started: 'Inicio',
    up: 'En marcha',
    database: 'Base de datos',
    databases: {
      durable: 'en disco',
      emptied: 'estaba dañada, y empieza con este inicio',
      memory: 'solo en memoria: el historial termina con el proceso',
    },
    key: 'Llave de esta página',
    scopes: 'Puede',
    orgs: 'Ve',
    allOrgs: 'todas las organizaciones',
    epoch: 'Época de los eventos',
  },
  events: {
    about: 'Lo que recibe esta llave, lo más nuevo primero. Sin QR ni códigos.',
    pause: 'Pausar',
    resume: 'Seguir',
    none: 'No pasó nada desde que se abrió esta página.',
  },
};
