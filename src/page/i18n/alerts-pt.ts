/** Every alert in Portuguese: what happened, and what to do. English is in the contract, `alert-texts.ts`. */
import type { AlertName } from '../../protocol/alert-texts.ts';
import { reasonsPt } from './reasons-pt.ts';

export const alertTextsPt: Readonly<
  Record<AlertName, { readonly summary: string; readonly action: string }>
> = {
  SessionLoggedOut: reasonsPt.revoked,
  SessionRestoreFailed: {
    summary: 'A sessão não pôde ser restaurada.',
    action: 'Abra a organização: ela diz a causa e o que pode ser feito.',
  },
  SessionCredentialsUnusable: {
    summary: 'As credenciais guardadas desta sessão não servem.',
    action:
      'Coloque credenciais boas no lugar (uma cópia, uma exportação), ou vincule de novo. Nada foi ' +
      'apagado.',
  },
  SessionConflict: reasonsPt.conflict,
  SessionWrongNumber: reasonsPt.wrong_account,
  SessionRetryingTooLong: {
    summary: 'A sessão está há minutos sem conexão. O Vigía continua tentando.',
    action: 'Verifique a rede deste servidor, o proxy e o celular.',
  },
  SessionFlapping: {
    summary: 'A sessão perde a conexão muitas vezes.',
    action: 'Verifique a rede, e se outro programa usa as mesmas credenciais.',
  },
  SessionDeaf: {
    summary:
      'Chegam mensagens e a biblioteca não mostra nenhuma, embora tenha havido uma conexão nova há ' +
      'menos de uma hora.',
    action:
      'O Vigía abre outra conexão em menos de uma hora. Para fazer isso agora, pare a sessão e ' + 'inicie.',
  },
  MassDisconnect: {
    summary: 'A maioria perdeu o WhatsApp ao mesmo tempo: a rede deste servidor, ou o WhatsApp, caiu.',
    action: 'Verifique a rede deste servidor. As sessões voltam sozinhas; não vincule nada.',
  },
  ClientOutdated: {
    summary: reasonsPt.outdated.summary,
    action: 'Atualize o Vigía se durar mais de uma hora. As credenciais estão boas: não vincule nada.',
  },
  DirectoryFrozen: {
    summary:
      'Muitas pastas de sessões sumiram ao mesmo tempo, ou o volume não está montado. O Vigía não ' +
      'inicia nem para nada até elas voltarem.',
    action: 'Verifique o volume de AUTH_DIR.',
  },
  StorageUnwritable: {
    summary: 'As credenciais desta sessão não podem ser gravadas no disco.',
    action:
      'Verifique o espaço livre, o dono e as permissões da pasta das sessões. Não reinicie o Vigía ' +
      'antes.',
  },
  ScanFailing: {
    summary: 'A pasta das sessões não pode ser lida: as novas não são vistas.',
    action: 'Verifique se a pasta existe e pode ser lida. O registro tem o erro do sistema.',
  },
  WebhookFailing: {
    summary: 'Um destino não aceita nada.',
    action: 'Verifique o destino. Os envios que esperam estão em Envios; nenhum se perde.',
  },
  MessagesDropped: {
    summary: 'Mensagens demais esperavam por um webhook, e as mais antigas foram abandonadas.',
    action:
      'Corrija o webhook que o alerta nomeia. O que foi abandonado está em Envios e pode ser ' +
      'reenviado durante sete dias.',
  },
  SendingRestricted: {
    summary: 'O WhatsApp restringe esta conta: recusa mensagens para contatos novos.',
    action:
      'Não envie mensagens para contatos novos até que termine; o Vigía as recusa. As ' +
      'conversas que já responderam continuam. O telefone mostra o motivo no WhatsApp.',
  },
};
