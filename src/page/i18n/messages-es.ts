/** Spanish: the counts of messages, and the test message. */
import type { Widened } from './dictionary.ts';
import type { messagesEn } from './messages-en.ts';

export const messagesEs: Widened<typeof messagesEn> = {
  messages: {
    title: 'Mensajes',
    about: 'Solo cuentas: la página no muestra ninguna conversación.',
    queued: 'Esperan su envío',
    sending: 'Enviándose',
    unknown: 'Sin confirmar',
    sent: 'Enviados en 24 horas',
    received: 'Recibidos en 24 horas',
    lastSent: 'Último enviado',
    lastReceived: 'Último recibido',
    never: 'nunca',
    unknownText:
      'WhatsApp no confirmó algunos mensajes: puede que hayan llegado. Vigía no los ' +
      'envía otra vez por su cuenta.',
    restricted: (since) =>
      `Desde ${since}, WhatsApp restringe esta cuenta: rechaza mensajes a contactos nuevos.`,
    until: (time) => `Termina: ${time}.`,
    openEnd: 'WhatsApp no dice cuándo termina.',
  },
  testMessage: {
    open: 'Enviar un mensaje de prueba',
    title: (name) => `Un mensaje de prueba de ${name}`,
    about: 'Es un mensaje real, desde el número de esta organización.',
    to: 'Al número, con el código del país',
    text: 'Texto',
    sample: 'Mensaje de prueba de Vigía.',
    send: 'Enviar',
    another: 'Enviar otro',
    states: {
      queued: 'Espera su turno.',
      sending: 'Se está enviando.',
      sent: 'WhatsApp lo recibió. El teléfono no lo ha confirmado todavía.',
      delivered: 'Llegó al teléfono.',
      read: 'Fue leído.',
      played: 'Fue reproducido.',
      failed: 'No se envió.',
      unknown:
        'WhatsApp no lo confirmó: puede que haya llegado. Pregunta al destinatario antes de ' +
        'enviarlo otra vez.',
    },
    steps: { created: 'Aceptado', sent: 'Enviado', delivered: 'Entregado', read: 'Leído' },
    reasons: {
      expired: 'La sesión no se conectó a tiempo, y Vigía lo descartó.',
      timeout: 'WhatsApp no respondió a tiempo.',
      rejected: 'WhatsApp lo rechazó.',
      restricted: 'WhatsApp restringe esta cuenta: rechaza mensajes a contactos nuevos.',
      recipient_unreachable: 'Este número no tiene WhatsApp, o ninguno de sus dispositivos responde.',
      media_refused: 'El archivo no se pudo leer o subir.',
      cancelled: 'Se canceló.',
      no_ack: 'WhatsApp no lo confirmó a tiempo.',
      interrupted: 'La conexión o Vigía terminó mientras se enviaba.',
      internal: 'Un fallo de Vigía lo impidió. El registro tiene los detalles.',
    },
  },
};
