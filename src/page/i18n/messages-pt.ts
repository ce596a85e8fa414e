/** Portuguese: the counts of messages, and the test message. */
import type { Widened } from './dictionary.ts';
import type { messagesEn } from './messages-en.ts';

export const messagesPt: Widened<typeof messagesEn> = {
  messages: {
    title: 'Mensagens',
    about: 'Só contagens: a página não mostra nenhuma conversa.',
    queued: 'Esperam o envio',
    sending: 'Em envio',
    unknown: 'Sem confirmação',
    sent: 'Enviadas em 24 horas',
    received: 'Recebidas em 24 horas',
    lastSent: 'Última enviada',
    lastReceived: 'Última recebida',
    never: 'nunca',
    unknownText:
      'O WhatsApp não confirmou algumas mensagens: elas podem ter chegado. O Vigía não ' +
      'as envia de novo sozinho.',
    restricted: (since) =>
      `Desde ${since}, o WhatsApp restringe esta conta: recusa mensagens a contatos novos.`,
    until: (time) => `Termina: ${time}.`,
    openEnd: 'O WhatsApp não diz quando termina.',
  },
  testMessage: {
    open: 'Enviar uma mensagem de teste',
    title: (name) => `Uma mensagem de teste de ${name}`,
    about: 'É uma mensagem real, do número desta organização.',
    to: 'Para o número, com o código do país',
    text: 'Texto da mensagem',
    sample: 'Mensagem de teste do Vigía.',
    send: 'Enviar',
    another: 'Enviar outra',
    states: {
      queued: 'Espera a vez.',
      sending: 'Está sendo enviada.',
      sent: 'O WhatsApp recebeu. O celular ainda não confirmou.',
      delivered: 'Chegou ao celular.',
      read: 'Foi lida.',
      played: 'Foi reproduzida.',
      failed: 'Não foi enviada.',
      unknown:
        'O WhatsApp não confirmou: ela pode ter chegado. Pergunte ao destinatário antes de enviar de novo.',
    },
    steps: { created: 'Aceita', sent: 'Enviada', delivered: 'Entregue', read: 'Lida' },
    reasons: {
      expired: 'A sessão não se conectou a tempo, e o Vigía a descartou.',
      timeout: 'O WhatsApp não respondeu a tempo.',
      rejected: 'O WhatsApp a recusou.',
      restricted: 'O WhatsApp restringe esta conta: recusa mensagens a contatos novos.',
      recipient_unreachable: 'Este número não tem WhatsApp, ou nenhum aparelho dele responde.',
      media_refused: 'O arquivo não pôde ser lido ou enviado.',
      cancelled: 'Foi cancelada.',
      no_ack: 'O WhatsApp não confirmou a tempo.',
      interrupted: 'A conexão ou o Vigía terminou durante o envio.',
      internal: 'Uma falha do Vigía impediu o envio. O log tem os detalhes.',
    },
  },
};
