/** The contract for programs: what `GET /asyncapi.json`, `/openapi.json` and `/schemas.json` answer, as files. */
import { asyncapiDocument } from '../../src/protocol/documents/asyncapi.ts';
import { openapiDocument } from '../../src/protocol/documents/openapi.ts';
import { schemasDocument } from '../../src/protocol/documents/schemas.ts';

const textOf = (document: object) => `${JSON.stringify(document, undefined, 2)}\n`;
export const contractPages = [
  { file: 'docs/integrators/asyncapi.json', render: () => textOf(asyncapiDocument()) },
  { file: 'docs/integrators/openapi.json', render: () => textOf(openapiDocument()) },
  { file: 'docs/integrators/schemas.json', render: () => textOf(schemasDocument()) },
];
