/** The words of the customer's page, in the three languages of the field. */
export interface Words {
  readonly title: (name: string | null) => string;
  readonly progress: readonly [string, string, string];
  readonly allows: string;
  readonly otherPhone: string;
  readonly thisPhone: string;
  readonly qrSteps: readonly string[];
  readonly codeSteps: readonly string[];
  readonly phone: string;
  readonly phoneHelp: string;
  readonly showCode: string;
  readonly copy: string;
  readonly copied: string;
  readonly begin: string;
  readonly again: string;
  readonly preparing: string;
  readonly nextIn: (seconds: number) => string;
  readonly qrAlt: string;
  readonly linking: string;
  readonly done: string;
  readonly doneAdvice: string;
  readonly goBack: string;
  readonly ended: Readonly<Record<'expired' | 'revoked' | 'used_up' | 'unknown' | 'in_use', string>>;
  readonly failed: Readonly<Record<'pairing_expired' | 'wrong_account' | 'other', string>>;
  /** Why a start was refused, by the code of the server. */
  readonly refused: Readonly<Record<'stopping' | 'linked_already' | 'not_started' | 'rate_limited', string>>;
  readonly lost: string;
}
const en: Words = {
  title: (name) => `${name ?? 'Your provider'} asks to link your WhatsApp`,
  progress: ['Scan', 'Link', 'Done'],
  allows: 'It can then read and send messages of this WhatsApp. You can end it on the phone at any time.',
  otherPhone: 'WhatsApp is on another phone',
  thisPhone: 'WhatsApp is on this phone',
  qrSteps: [
    'Open WhatsApp on the phone.',
    'Open Linked devices, and tap Link a device.',
    'Point the phone at this square.',
  ],
  codeSteps: [
    'Open WhatsApp, and then Linked devices.',
    'Tap Link a device, and then Link with phone number instead.',
    'Type this code.',
  ],
  phone: 'Number of this phone, with country code',
  phoneHelp: 'For example 34 600 111 222.',
  showCode: 'Show the code',
  copy: 'Copy the code',
  copied: 'Copied',
  begin: 'Show the square',
  again: 'Begin again',
  preparing: 'One moment.',
  nextIn: (seconds) => `New in ${seconds} s`,
  qrAlt: 'A square to scan with WhatsApp',
  linking: 'The phone has linked it. It is being connected; keep WhatsApp open.',
  done: 'Your WhatsApp is linked.',
  doneAdvice: 'Use the phone at least once in 14 days, or WhatsApp ends the link.',
  goBack: 'Continue',
  ended: {
    expired: 'This link has expired. Nothing bad happened: ask for another one.',
    revoked: 'This link was withdrawn. Ask for another one.',
    used_up: 'This link was tried too often. Ask for another one.',
    unknown: 'This link does not exist. Check that you opened all of it, or ask for another one.',
    in_use: 'This link is open on another page. Close that page, and wait half a minute.',
  },
  failed: {
    pairing_expired: 'The time ran out. Nothing bad happened.',
    wrong_account: 'That phone has another number than before. Use the right phone.',
    other: 'It was not linked. Nothing was changed on the phone.',
  },
  refused: {
    stopping: 'The server is being restarted. Try again in a minute.',
    linked_already: 'This WhatsApp is linked already. There is nothing to do.',
    not_started: 'It cannot be started now. Try again in a minute.',
    rate_limited: 'Too many requests came from here. Try again in a minute.',
  },
  lost: 'No connection. It is tried again by itself.',
};
const es: Words = {
  title: (name) => `${name ?? 'Tu proveedor'} te pide vincular tu WhatsApp`,
  progress: ['Escanear', 'Vincular', 'Listo'],
  allows:
    'Podrá leer y enviar los mensajes de este WhatsApp. Puedes terminarlo en el teléfono cuando quieras.',
  otherPhone: 'WhatsApp está en otro teléfono',
  thisPhone: 'WhatsApp está en este teléfono',
  qrSteps: [
    'Abre WhatsApp en el teléfono.',
    'Entra en Dispositivos vinculados y toca Vincular un dispositivo.',
    'Apunta el teléfono a este cuadro.',
  ],
  codeSteps: [
    'Abre WhatsApp y entra en Dispositivos vinculados.',
    'Toca Vincular un dispositivo y después Vincular con número de teléfono.',
    'Escribe este código.',
  ],
  phone: 'Número de este teléfono, con el código de país',
  phoneHelp: 'Por ejemplo 34 600 111 222.',
  showCode: 'Mostrar el código',
  copy: 'Copiar el código',
  copied: 'Copiado',
  begin: 'Mostrar el cuadro',
  again: 'Empezar de nuevo',
  preparing: 'Un momento.',
  nextIn: (seconds) => `Nuevo en ${seconds} s`,
  qrAlt: 'Un cuadro para escanear con WhatsApp',
  linking: 'El teléfono lo ha vinculado. Se está conectando; deja WhatsApp abierto.',
  done: 'Tu WhatsApp está vinculado.',
  doneAdvice: 'Usa el teléfono al menos una vez cada 14 días; si no, WhatsApp termina el vínculo.',
  goBack: 'Continuar',
  ended: {
    expired: 'Este enlace ha caducado. No ha pasado nada malo: pide otro.',
    revoked: 'Este enlace se ha retirado. Pide otro.',
    used_up: 'Este enlace se ha intentado demasiadas veces. Pide otro.',
    unknown: 'Este enlace no existe. Comprueba que lo abriste entero, o pide otro.',
    in_use: 'Este enlace está abierto en otra página. Ciérrala y espera medio minuto.',
  },
  failed: {
    pairing_expired: 'Se acabó el tiempo. No ha pasado nada malo.',
    wrong_account: 'Ese teléfono tiene otro número que antes. Usa el teléfono correcto.',
    other: 'No se ha vinculado. En el teléfono no ha cambiado nada.',
  },
  refused: {
    stopping: 'El servidor se está reiniciando. Prueba de nuevo en un minuto.',
    linked_already: 'Este WhatsApp ya está vinculado. No hay nada que hacer.',
    not_started: 'Ahora no se puede empezar. Prueba de nuevo en un minuto.',
    rate_limited: 'Han llegado demasiadas peticiones desde aquí. Prueba de nuevo en un minuto.',
  },
  lost: 'Sin conexión. Se vuelve a intentar solo.',
};
const pt: Words = {
  title: (name) => `${name ?? 'O seu fornecedor'} pede para conectar o seu WhatsApp`,
  progress: ['Escanear', 'Conectar', 'Pronto'],
  allows:
    'Ele poderá ler e enviar as mensagens deste WhatsApp. Você pode encerrar no telefone quando quiser.',
  otherPhone: 'O WhatsApp está em outro telefone',
  thisPhone: 'O WhatsApp está neste telefone',
  qrSteps: [
    'Abra o WhatsApp no telefone.',
    'Entre em Dispositivos conectados e toque em Conectar dispositivo.',
    'Aponte o telefone para este quadrado.',
  ],
  codeSteps: [
    'Abra o WhatsApp e entre em Dispositivos conectados.',
    'Toque em Conectar dispositivo e depois em Conectar com número de telefone.',
    'Digite este código.',
  ],
  phone: 'Número deste telefone, com o código do país',
  phoneHelp: 'Por exemplo 55 11 91234 5678.',
  showCode: 'Mostrar o código',
  copy: 'Copiar o código',
  copied: 'Copiado',
  begin: 'Mostrar o quadrado',
  again: 'Começar de novo',
  preparing: 'Um momento.',
  nextIn: (seconds) => `Novo em ${seconds} s`,
  qrAlt: 'Um quadrado para escanear com o WhatsApp',
  linking: 'O telefone fez a conexão. Estamos concluindo; deixe o WhatsApp aberto.',
  done: 'O seu WhatsApp está conectado.',
  doneAdvice: 'Use o telefone pelo menos uma vez em 14 dias, ou o WhatsApp encerra a conexão.',
  goBack: 'Continuar',
  ended: {
    expired: 'Este link expirou. Nada de ruim aconteceu: peça outro.',
    revoked: 'Este link foi retirado. Peça outro.',
    used_up: 'Este link foi tentado vezes demais. Peça outro.',
    unknown: 'Este link não existe. Verifique se você o abriu por inteiro, ou peça outro.',
    in_use: 'Este link está aberto em outra página. Feche-a e espere meio minuto.',
  },
  failed: {
    pairing_expired: 'O tempo acabou. Nada de ruim aconteceu.',
    wrong_account: 'Esse telefone tem outro número do que antes. Use o telefone certo.',
    other: 'Não foi conectado. Nada mudou no telefone.',
  },
  refused: {
    stopping: 'O servidor está reiniciando. Tente de novo em um minuto.',
    linked_already: 'Este WhatsApp já está conectado. Não há nada a fazer.',
    not_started: 'Não é possível começar agora. Tente de novo em um minuto.',
    rate_limited: 'Chegaram pedidos demais daqui. Tente de novo em um minuto.',
  },
  lost: 'Sem conexão. Tentamos de novo sozinhos.',
};
const all: Readonly<Record<string, Words>> = { en, es, pt };

/** The language of the link, or else the browser's, or else Spanish, the field's first. */
export const languageFor = (asked: string | null, preferred: readonly string[]): string =>
  [asked ?? '', ...preferred.map((tag) => tag.slice(0, 2))].find((tag) => Object.hasOwn(all, tag)) ?? 'es';
export const wordsOf = (language: string): Words => all[language] ?? es;
