/** Portuguese: alerts, deliveries, keys, server, events. */
import { alertTextsPt } from './alerts-pt.ts';
import type { Widened } from './dictionary.ts';
import type { pagesEn } from './pages-en.ts';

const some = (n: string, count: number, one: string, many: string) => `${n} ${count === 1 ? one : many}`;

export const pagesPt: Widened<typeof pagesEn> = {
  alertTexts: alertTextsPt,
  alerts: {
    loading: 'Carregando os alertas…',
    none: 'Nenhum alerta.',
    title: (count, n) => `${some(n, count, 'alerta', 'alertas')}.`,
    silencedTitle: (count, n) => (count === 1 ? 'Um está silenciado.' : `${n} estão silenciados.`),
    about: 'Avisa uma vez quando começa, de novo enquanto dura, e quando termina.',
    server: 'O servidor',
    severities: { critical: 'crítico', warning: 'aviso' },
    silence: 'Silenciar…',
    untils: { hour: 'por 1 hora', four: 'por 4 horas', tomorrow: 'até amanhã, 09:00' },
    silenced: (time) => `silenciado até ${time}`,
    again: 'Voltar a avisar',
    ended: 'Terminaram há pouco',
  },
  deliveries: {
    title: (count, n) =>
      count === 0 ? 'Nenhum destino recebeu nada ainda.' : `${some(n, count, 'destino', 'destinos')}.`,
    about: 'Nada se perde: o que um destino não aceita espera, e sai em ordem quando ele responde.',
    deliveries: 'Envios',
    delivery: 'Envio',
    event: 'Evento',
    to: 'Para',
    tries: 'Tentativas',
    answer: 'Resposta',
    when: 'Quando',
    show: 'Mostrar',
    filters: { all: 'Todos', pending: 'Esperam', dead: 'Abandonados' },
    statuses: { pending: 'espera', delivered: 'entregue', dead: 'abandonado' },
    sendNow: 'Enviar agora',
    sendAgain: 'Enviar de novo',
    test: 'Enviar um teste',
    tested: (answer, ms) => `o teste recebeu ${answer}, em ${ms} ms`,
    takes: 'Aceita tudo.',
    failing: (answer, n) => `Responde ${answer}. Esperam: ${n}.`,
    none: 'Não há nenhum envio.',
  },
  server: {
    title: 'O servidor',
    about: 'A saúde dele, e o que esta página e a chave dela podem ver.',
    checks: 'Verificações',
    names: {
      supervisor: 'Supervisor',
      scan: 'Primeira leitura',
      directory: 'Pasta',
      restore: 'Primeira leitura',
      storage: 'Armazenamento',
      database: 'Banco de dados',
      gate: 'Porta ao WhatsApp',
      shutdown: 'Parada',
    },
    statuses: { pass: 'bem', warn: 'pela metade', fail: 'falhou' },
    version: 'Versão',
    started: 'Início',
    up: 'No ar há',
    database: 'Banco de dados',
    databases: {
      durable: 'no disco',
      emptied: 'estava danificado, e começa com este início',
      memory: 'só na memória: o histórico termina com o processo',
    },
    key: 'Chave desta página',
    scopes: 'Pode',
    orgs: 'Vê',
    allOrgs: 'todas as organizações',
    epoch: 'Época dos eventos',
  },
  events: {
    about: 'O que esta chave recebe, o mais novo primeiro. Sem QR nem códigos.',
    pause: 'Pausar',
    resume: 'Continuar',
    none: 'Nada aconteceu desde que esta página foi aberta.',
  },
};
