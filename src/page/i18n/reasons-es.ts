/** Every reason in Spanish: what happened, and what to do. English is in the contract, `reasons.ts`. */
import type { reasonTexts } from '../../protocol/reasons.ts';

const nothing = 'No hay nada que hacer';

export const reasonsEs: typeof reasonTexts = {
  network: {
    summary: 'Se perdió la conexión con WhatsApp.',
    action: `${nothing}: Vigía sigue probando. Si les pasa a muchas, revisa la red de este servidor.`,
  },
  timeout: {
    summary: 'WhatsApp no respondió a tiempo.',
    action: `${nothing}: Vigía prueba otra vez. Si sigue, revisa la red, el proxy y la carga del servidor.`,
  },
  proxy: {
    summary: 'No se pudo usar el proxy de esta sesión.',
    action:
      'Revisa que el proxy funcione y que su usuario y contraseña sean correctos. Vigía sigue ' + 'probando.',
  },
  server_busy: {
    summary: 'WhatsApp se reinicia o está saturado, y cerró la conexión.',
    action: `${nothing}: Vigía prueba después de una pausa. No es una suspensión.`,
  },
  restart_required: {
    summary: 'WhatsApp pidió conectar otra vez, como siempre después de vincular.',
    action: `${nothing}: Vigía se conecta enseguida.`,
  },
  unhealthy: {
    summary: 'La conexión estaba abierta pero ya no respondía, y Vigía la cerró.',
    action: `${nothing}: Vigía la abre otra vez.`,
  },
  deaf: {
    summary: 'Llegaban mensajes, y la biblioteca no mostró ninguno en cinco minutos.',
    action: `${nothing}: Vigía abre otra conexión, como mucho una por hora. Si se repite, actualiza Vigía.`,
  },
  mute: {
    summary: 'WhatsApp no confirmó a tiempo dos mensajes seguidos.',
    action: `${nothing}: Vigía abre otra conexión, como mucho una cada diez minutos.`,
  },
  outdated: {
    summary: 'WhatsApp ya no acepta la versión de WhatsApp Web que presenta Vigía.',
    action: 'Actualiza Vigía si dura más de una hora. Las credenciales están bien: no vincules nada.',
  },
  internal: {
    summary: 'Vigía no pudo abrir la conexión por un fallo propio.',
    action:
      'La cuenta está bien y Vigía sigue probando. Lee el registro, ejecuta `vigia doctor` e ' +
      'informa el fallo.',
  },
  revoked: {
    summary:
      'WhatsApp desvinculó este dispositivo: alguien lo quitó en el teléfono, pasaron 14 días sin usarlo, ' +
      'o lo decidió WhatsApp.',
    action: 'Vincúlala otra vez con el teléfono. Las credenciales viejas se archivan entonces.',
  },
  banned_temporarily: {
    summary: 'WhatsApp suspendió esta cuenta por un tiempo.',
    action: 'Espera: Vigía prueba cuando termine. Entrar antes lo empeora.',
  },
  locked: {
    summary: 'WhatsApp bloqueó esta cuenta, o el teléfono cerró su sesión.',
    action: 'Abre WhatsApp en el teléfono y resuelve lo que muestra. Después pulsa “Ya lo resolví”.',
  },
  wrong_account: {
    summary: 'Se vinculó con un teléfono de otro número que antes, y no se conectó.',
    action:
      'Vincúlala otra vez con el teléfono correcto. Si el número debe cambiar, usa “Cambiar de número”.',
  },
  conflict: {
    summary: 'Otro programa usa las mismas credenciales, y Vigía le dejó la cuenta.',
    action: 'Detén el otro programa, o quita la carpeta copiada, y después prueba otra vez.',
  },
  older_copy: {
    summary:
      'Sus credenciales son una copia vieja: el mismo dispositivo se usó después con otras más nuevas.',
    action:
      'Pon aquí las credenciales más nuevas de este dispositivo. Si no hay otras, iníciala: algunos ' +
      'mensajes de contactos no se podrán leer.',
  },
  creds_corrupt: {
    summary: 'Las credenciales guardadas no se pueden leer, y no hay una copia que sirva.',
    action: 'Pon credenciales buenas en su lugar, o vincúlala otra vez.',
  },
  creds_lost: {
    summary: 'WhatsApp pidió un QR aunque había credenciales: ya no las conoce.',
    action: 'Pon las credenciales correctas en su lugar, o vincúlala otra vez. No se sobrescribió nada.',
  },
  storage: {
    summary: 'La carpeta de esta sesión no se puede leer o escribir.',
    action: 'Revisa el espacio libre, el dueño y los permisos de la carpeta. Después la sesión sigue sola.',
  },
  crashed: {
    summary: 'Vigía falló varias veces con esta sesión, y la detuvo para proteger a las demás.',
    action: 'Actualiza Vigía, o prueba a mano, e informa el error del registro.',
  },
  exhausted: {
    summary: 'No se pudo restaurar en varios intentos seguidos.',
    action: 'Revisa el teléfono y la red. Vigía prueba cada 15 minutos; “Probar ahora” lo hace enseguida.',
  },
  unknown: {
    summary: 'WhatsApp cerró la conexión varias veces por una causa que no está documentada.',
    action: 'Las credenciales se conservan. Prueba a mano; si falla, busca el código en el registro.',
  },
  stopped: { summary: 'Se detuvo por orden.', action: 'Iníciala cuando deba funcionar otra vez.' },
  unpaired: { summary: 'No hay un dispositivo vinculado.', action: 'Vincúlala con el teléfono.' },
  pairing_expired: {
    summary: 'El QR no se escaneó, o el código no se escribió, a tiempo.',
    action: 'Empieza otra vez cuando tengas el teléfono a mano.',
  },
  logged_out: {
    summary: 'Se cerró su sesión por orden y se desvinculó el dispositivo.',
    action: 'Vincúlala otra vez si se debe usar.',
  },
};
