/**
 * The published JSON Schemas as a consumer uses them: compiled by `ajv`, which does not know how they were
 * made.
 */
import { readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import formats from 'ajv-formats';

export const schemas = () => {
  const document = JSON.parse(
    readFileSync(new URL('../../docs/integrators/schemas.json', import.meta.url), 'utf8'),
  ) as {
    readonly definitions: Readonly<Record<string, object>>;
  };
  const ajv = new Ajv({ strict: true, strictRequired: false, allErrors: false });
  formats.default(ajv);
  ajv.addSchema(document, 'contract');
  const compiled = new Map<string, ValidateFunction>();
  return {
    names: Object.keys(document.definitions),
    /**
     * What is wrong with the value, in words; empty when nothing is. Throws when there is no schema of this
     * name.
     */
    faults: (name: string, value: unknown): string[] => {
      let validate = compiled.get(name);
      if (validate === undefined) {
        if (!(name in document.definitions)) throw new Error(`the contract has no "${name}"`);
        validate = ajv.compile({ $ref: `contract#/definitions/${name}` });
        compiled.set(name, validate);
      }
      return validate(value)
        ? []
        : (validate.errors ?? []).map(({ instancePath, message }) => `${name}${instancePath} ${message}`);
    },
  };
};
