import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { explainSchema } from '../../src/explain/schema.ts';
import { MODULES } from '../../src/modules/index.ts';
import { planSchema } from '../../src/plan/schema.ts';
import { reportSchema } from '../../src/reporters/schema.ts';
import { eventsSchema, notificationSchema, watchSchema } from '../../src/reporters/schema_events.ts';
import { historySchema } from '../../src/reporters/schema_history.ts';
import { validateSchema } from '../../src/reporters/schema_validate.ts';
import { openApi } from '../../src/serve/http/openapi.ts';
import { apiReference } from './api_reference.ts';
import {
  inventorySchema,
  playbookSchema,
  type Schema,
  variablesSchema,
  waiversForEditors,
} from './editor.ts';
import { policySchema, policyTestSchema } from './policy.ts';
import { reference } from './reference.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Every generated file: its path in the repository and its text. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const json = (schema: Schema) => `${JSON.stringify(schema, null, 2)}\n`;
  const copy = (name: string) => readFileSync(`${ROOT}src/report/${name}`, 'utf8');
  const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { version: string };
  return new Map([
    ['schemas/playbook.schema.json', json(playbookSchema())],
    ['schemas/inventory.schema.json', json(inventorySchema())],
    ['schemas/vars.schema.json', json(variablesSchema())],
    ['schemas/policy.schema.json', json(policySchema())],
    ['schemas/waivers.schema.json', json(waiversForEditors())],
    ['schemas/policy-test.schema.json', json(policyTestSchema())],
    ['schemas/report.schema.json', json(reportSchema(MODULES))],
    ['schemas/plan.schema.json', json(planSchema())],
    ['schemas/events.schema.json', json(eventsSchema(MODULES))],
    ['schemas/watch.schema.json', json(watchSchema(MODULES))],
    ['schemas/notification.schema.json', json(notificationSchema())],
    ['schemas/validate.schema.json', json(validateSchema())],
    ['schemas/history.schema.json', json(historySchema(MODULES))],
    ['schemas/explain.schema.json', json(explainSchema(MODULES))],
    ['schemas/doctor.schema.json', copy('doctor.schema.json')],
    ['schemas/traffic.schema.json', copy('traffic.schema.json')],
    ['schemas/serve.openapi.json', json(openApi(version) as Schema)],
    ['docs/reference.md', reference()],
    ['docs/api-reference.md', apiReference()],
  ]);
}
