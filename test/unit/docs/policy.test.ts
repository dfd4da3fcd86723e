import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { expect, it } from 'vitest';
import type { Change } from '../../../src/model/change.ts';
import { runCase } from '../../../src/policy/cases.ts';
import { loadCases, loadPolicyOf } from '../../../src/project/policy.ts';
import { createVault } from '../../../src/project/vault.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';

const DOCS = join(import.meta.dirname, '../../../docs');
const text = (name: string): string => readFileSync(join(DOCS, name), 'utf8');

it('shows the policy that is beside the page', () => {
  const [, ...lines] = text('virtune.policy.yml').split('\n');
  expect(text('policy.md')).toContain(lines.slice(1).join('\n'));
});

it.each([
  ['policy', 'virtune.policy.yml'],
  ['policy-test', 'virtune.policy.test.yml'],
])('gives editors a schema for the %s that takes it, and no key that is misspelt', (name, file) => {
  const schema = JSON.parse(text(`../schemas/${name}.schema.json`)) as object;
  const valid = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);
  const { value } = parseYaml(text(file), file);
  expect([valid(value), valid.errors]).toEqual([true, null]);
  const [key = ''] = Object.keys(value as object);
  expect(valid({ ...(value as object), [`${key}s`]: true })).toBe(false);
});

it('gives an example whose cases hold', async () => {
  const {
    cases,
    policy: name,
    inventory: sources = [],
  } = await loadCases(join(DOCS, 'virtune.policy.test.yml'));
  const vault = createVault([], async () => '');
  const { policy, inventory } = await loadPolicyOf(
    join(DOCS, name),
    sources.map((one) => join(DOCS, one)),
    vault,
    { env: {} },
  );
  expect(cases.length).toBeGreaterThan(1);
  for (const one of cases) {
    const groupsOf = (host: string) => inventory.hosts.get(host)?.groups ?? [];
    const changes = one.changes as readonly Change[];
    expect(runCase(policy, one, changes, groupsOf).problems).toEqual([]);
  }
});
