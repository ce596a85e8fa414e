/** What a server refused, for who typed a command: what is wrong with the value, without the method and the name of the parameter. */
import type { VigiaError } from '../client/client.ts';

export const plainMessage = ({ reason, message, data }: VigiaError): string => {
  const { issues } = data;
  if (reason !== 'invalid_params' || !Array.isArray(issues)) return message;
  const texts = issues.flatMap(({ message: one }: { readonly message?: unknown }) => (typeof one === 'string' ? [one] : []));
  return texts.length > 0 ? [...new Set(texts)].join(' ') : message;
};
