/** Every alert in Spanish: what happened, and what to do. English is in the contract, `alert-texts.ts`. */
import type { AlertName } from '../../protocol/alert-texts.ts';
import { reasonsEs } from './reasons-es.ts';

export const alertTextsEs: Readonly<
  Record<AlertName, { readonly summary: string; readonly action: string }>
> = {
  SessionLoggedOut: reasonsEs.revoked,
  SessionRestoreFailed: {
    summary: 'La sesión no se pudo restaurar.',
    action: 'Abre la organización: dice la causa y lo que se puede hacer.',
  },
  SessionCredentialsUnusable: {
    summary: 'Las credenciales guardadas de esta sesión no sirven.',
    action:
      'Pon credenciales buenas en su lugar (una copia, una exportación), o vincúlala otra vez. No ' +
      'se borró nada.',
  },
  SessionConflict: reasonsEs.conflict,
  SessionWrongNumber: reasonsEs.wrong_account,
  SessionRetryingTooLong: {
    summary: 'La sesión lleva minutos sin conexión. Vigía sigue probando.',
    action: 'Revisa la red de este servidor, el proxy y el teléfono.',
  },
  SessionFlapping: {
    summary: 'La sesión pierde la conexión una y otra vez.',
    action: 'Revisa la red, y si otro programa usa las mismas credenciales.',
  },
  SessionDeaf: {
    summary:
      'Llegan mensajes y la biblioteca no muestra ninguno, aunque hubo una conexión nueva hace ' +
      'menos de una hora.',
    action:
      'Vigía abre otra conexión en menos de una hora. Para hacerlo ahora, detén la sesión e ' + 'iníciala.',
  },
  MassDisconnect: {
    summary: 'La mayoría perdió WhatsApp a la vez: falla la red de este servidor, o WhatsApp.',
    action: 'Revisa la red de este servidor. Las sesiones vuelven solas; no vincules nada.',
  },
  ClientOutdated: {
    summary: reasonsEs.outdated.summary,
    action: 'Actualiza Vigía si dura más de una hora. Las credenciales están bien: no vincules nada.',
  },
  DirectoryFrozen: {
    summary:
      'Muchas carpetas de sesiones desaparecieron a la vez, o el volumen no está montado. Vigía no ' +
      'inicia ni detiene nada hasta que vuelvan.',
    action: 'Revisa el volumen de AUTH_DIR.',
  },
  StorageUnwritable: {
    summary: 'Las credenciales de esta sesión no se pueden escribir en el disco.',
    action:
      'Revisa el espacio libre, el dueño y los permisos de la carpeta de las sesiones. No ' +
      'reinicies Vigía antes.',
  },
  ScanFailing: {
    summary: 'La carpeta de las sesiones no se puede revisar: las nuevas no se ven.',
    action: 'Revisa que la carpeta exista y se pueda leer. El registro tiene el error del sistema.',
  },
  WebhookFailing: {
    summary: 'Un destino no acepta nada.',
    action: 'Revisa el destino. Los envíos que esperan están en Envíos; no se pierde ninguno.',
  },
  MessagesDropped: {
    summary: 'Esperaban demasiados mensajes para un webhook, y los más antiguos se abandonaron.',
    action:
      'Arregla el webhook que nombra la alerta. Lo abandonado está en Envíos y se puede ' +
      'reenviar durante siete días.',
  },
  SendingRestricted: {
    summary: 'WhatsApp restringe esta cuenta: rechaza mensajes a contactos nuevos.',
    action:
      'No envíes mensajes a contactos nuevos hasta que termine; Vigía los rechaza. Los chats ' +
      'que ya respondieron siguen. El teléfono muestra el motivo en WhatsApp.',
  },
};
