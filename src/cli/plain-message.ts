/**
 * The server's refusal for the user of a command: the fault of the value, without the method and the name of
 * the parameter.
 */
import type { VigiaError } from '../client/client.ts';

export const plainMessage = ({ reason, message, data }: VigiaError): string => {
  const { issues } = data;
  if (reason !== 'invalid_params' || !Array.isArray(issues)) return message;
  const messages = issues.flatMap(({ message: one }: { readonly message?: unknown }) =>
    typeof one === 'string' ? [one] : [],
  );
  return messages.length > 0 ? [...new Set(messages)].join(' ') : message;
};
