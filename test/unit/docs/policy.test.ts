import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Change } from '../../../src/model/change.ts';
import { runCase } from '../../../src/policy/cases.ts';
import { loadCases, loadPolicyOf } from '../../../src/project/policy.ts';
import { createVault } from '../../../src/project/vault.ts';

const DOCS = join(import.meta.dirname, '../../../docs');
const text = (name: string): string => readFileSync(join(DOCS, name), 'utf8');

it('shows the policy that is beside the page', () => {
  const [, ...lines] = text('virtune.policy.yml').split('\n');
  expect(text('policy.md')).toContain(lines.slice(1).join('\n'));
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
  );
  expect(cases.length).toBeGreaterThan(1);
  for (const one of cases) {
    const groupsOf = (host: string) => inventory.hosts.get(host)?.groups ?? [];
    const changes = one.changes as readonly Change[];
    expect(runCase(policy, one, changes, groupsOf).problems).toEqual([]);
  }
});
