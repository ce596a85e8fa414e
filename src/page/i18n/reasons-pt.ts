/** Every reason in Portuguese: what happened, and what to do. English is in the contract, `reasons.ts`. */
import type { reasonTexts } from '../../protocol/reasons.ts';

const nothing = 'Não há nada a fazer';

export const reasonsPt: typeof reasonTexts = {
  network: {
    summary: 'A conexão com o WhatsApp caiu.',
    action: `${nothing}: o Vigía continua tentando. Se forem muitas, verifique a rede deste servidor.`,
  },
  timeout: {
    summary: 'O WhatsApp não respondeu a tempo.',
    action: `${nothing}: o Vigía tenta de novo. Se continuar, verifique a rede, o proxy e a carga.`,
  },
  proxy: {
    summary: 'Não foi possível usar o proxy desta sessão.',
    action:
      'Verifique se o proxy funciona e se o usuário e a senha estão corretos. O Vigía continua ' +
      'tentando.',
  },
  server_busy: {
    summary: 'O WhatsApp está reiniciando ou sobrecarregado, e fechou a conexão.',
    action: `${nothing}: o Vigía tenta depois de uma pausa. Não é uma suspensão.`,
  },
  restart_required: {
    summary: 'O WhatsApp pediu uma nova conexão, como sempre depois de vincular.',
    action: `${nothing}: o Vigía se conecta em seguida.`,
  },
  unhealthy: {
    summary: 'A conexão estava aberta mas não respondia mais, e o Vigía a fechou.',
    action: `${nothing}: o Vigía a abre de novo.`,
  },
  deaf: {
    summary: 'Chegavam mensagens, e a biblioteca não mostrou nenhuma em cinco minutos.',
    action: `${nothing}: o Vigía abre outra conexão, no máximo uma por hora. Se for frequente, atualize.`,
  },
  mute: {
    summary: 'O WhatsApp não confirmou a tempo duas mensagens seguidas.',
    action: `${nothing}: o Vigía abre outra conexão, no máximo uma a cada dez minutos.`,
  },
  outdated: {
    summary: 'O WhatsApp não aceita mais a versão do WhatsApp Web que o Vigía apresenta.',
    action: 'Atualize o Vigía se durar mais de uma hora. As credenciais estão boas: não vincule nada.',
  },
  internal: {
    summary: 'O Vigía não conseguiu abrir a conexão por uma falha própria.',
    action:
      'A conta está bem e o Vigía continua tentando. Leia o registro, execute `vigia doctor` e ' +
      'avise a falha.',
  },
  revoked: {
    summary:
      'O WhatsApp desvinculou este aparelho: alguém o removeu no celular, passaram 14 dias sem uso, ou o ' +
      'WhatsApp decidiu.',
    action: 'Vincule de novo com o celular. As credenciais antigas são arquivadas nesse momento.',
  },
  banned_temporarily: {
    summary: 'O WhatsApp suspendeu esta conta por um tempo.',
    action: 'Espere: o Vigía tenta quando acabar. Entrar antes piora.',
  },
  locked: {
    summary: 'O WhatsApp bloqueou esta conta, ou o celular saiu dela.',
    action: 'Abra o WhatsApp no celular e resolva o que ele mostra. Depois toque em “Já resolvi”.',
  },
  wrong_account: {
    summary: 'Foi vinculada com um celular de outro número, e não se conectou.',
    action: 'Vincule de novo com o celular certo. Se o número deve mudar, use “Trocar de número”.',
  },
  conflict: {
    summary: 'Outro programa usa as mesmas credenciais, e o Vigía deixou a conta com ele.',
    action: 'Pare o outro programa, ou remova a pasta copiada, e depois tente de novo.',
  },
  older_copy: {
    summary: 'As credenciais são uma cópia antiga: o mesmo aparelho foi usado depois com outras mais novas.',
    action:
      'Coloque aqui as credenciais mais novas deste aparelho. Se não há outras, inicie: algumas ' +
      'mensagens de contatos não poderão ser lidas.',
  },
  creds_corrupt: {
    summary: 'As credenciais guardadas não podem ser lidas, e não há cópia que sirva.',
    action: 'Coloque credenciais boas no lugar, ou vincule de novo.',
  },
  creds_lost: {
    summary: 'O WhatsApp pediu um QR embora houvesse credenciais: ele não as conhece mais.',
    action: 'Coloque as credenciais certas no lugar, ou vincule de novo. Nada foi sobrescrito.',
  },
  storage: {
    summary: 'A pasta desta sessão não pode ser lida ou gravada.',
    action: 'Verifique o espaço livre, o dono e as permissões da pasta. Depois a sessão continua sozinha.',
  },
  crashed: {
    summary: 'O Vigía falhou várias vezes com esta sessão, e a parou para proteger as outras.',
    action: 'Atualize o Vigía, ou tente à mão, e avise o erro do registro.',
  },
  exhausted: {
    summary: 'Não foi possível restaurar em várias tentativas seguidas.',
    action: 'Verifique o celular e a rede. O Vigía tenta a cada 15 minutos; “Tentar agora” tenta em seguida.',
  },
  unknown: {
    summary: 'O WhatsApp fechou a conexão várias vezes por uma causa não documentada.',
    action: 'As credenciais são mantidas. Tente à mão; se falhar, procure o código no registro.',
  },
  stopped: { summary: 'Foi parada por comando.', action: 'Inicie quando ela deva funcionar de novo.' },
  unpaired: { summary: 'Não há um aparelho vinculado.', action: 'Vincule com o celular.' },
  pairing_expired: {
    summary: 'O QR não foi lido, ou o código não foi digitado, a tempo.',
    action: 'Comece de novo quando o celular estiver à mão.',
  },
  logged_out: {
    summary: 'Foi desconectada por comando e o aparelho foi desvinculado.',
    action: 'Vincule de novo se ela deve ser usada.',
  },
};
