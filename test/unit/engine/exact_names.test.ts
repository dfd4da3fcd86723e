import { describe, expect, it } from 'vitest';
import { exactNames } from '../../../src/engine/exact_names.ts';
import { exitCode } from '../../../src/engine/exit_code.ts';
import type { HostJob } from '../../../src/engine/job.ts';
import { judge } from '../../../src/engine/judge.ts';
import type { Domain } from '../../../src/model/facts.ts';
import { parseArgs } from '../../../src/modules/nic_limits/args.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { domain, UUID } from '../modules/build.ts';

const args = (...words: (string | string[])[]) =>
  parseArgs({ rules: words.map((word) => ({ domain: word, inbound: 5 })) }).args!;
const job = (name: string, given: ReturnType<typeof args>): HostJob =>
  ({ name, tasks: [{ name: 't', module: nicLimits, args: given }] }) as unknown as HostJob;

/** What is missing after these hosts; null for one that was not read. */
function missing(...hosts: [ReturnType<typeof args>, readonly Domain[] | null][]): string[] {
  const names = exactNames();
  for (const [given, domains] of hosts) {
    if (domains === null) names.unread(job('hv', given));
    else names.read(job('hv', given), domains);
  }
  const { missingDomains } = judge({ plays: [], names: names.evidence() });
  return missingDomains.map((one) => `${one.rule.name}: ${one.domain}`);
}

describe('exact names that no host has', () => {
  const web = domain({ name: 'web-01' });
  const db = domain({ name: 'db-01', uuid: UUID.replace('6695', '1111') });

  it('are told, each once, with the rule; wildcards and exclusions are none', () => {
    const given = args(['web-01', 'web-02'], 'db-*', ['*', '!web-09'], 'WEB-01');
    expect(missing([given, [web]], [given, [db]])).toEqual(['rule 1: web-02', 'rule 4: WEB-01']);
  });

  it('are also UUIDs, in either case', () => {
    expect(missing([args(UUID.toUpperCase()), [web]])).toEqual([]);
    expect(missing([args(UUID.replace('6695', '2222')), [web]])).toHaveLength(1);
  });

  it('may name one VM more than once', () => {
    expect(missing([args([UUID, UUID.toUpperCase(), 'web-01']), [web]])).toEqual([]);
  });

  it('are not judged where a host that the rule is for was not read', () => {
    const shared = args('web-02');
    expect(missing([shared, [web]], [shared, null])).toEqual([]);
    expect(missing([shared, [web]], [args('web-02'), null])).toEqual([]);
    expect(missing([shared, [web]], [args('web-03'), null])).toEqual(['rule 1: web-02']);
  });

  it('are found by a later play', () => {
    expect(missing([args('web-01'), [db]], [args('web-01'), [web]])).toEqual([]);
  });
});

it('count by what was asked for', () => {
  const rule = { name: 'r', file: 'f', line: 1 };
  const outcome = { hosts: [], requiredUnmet: false, missingDomains: [], unmatchedRules: [] };
  const gone = { ...outcome, missingDomains: [{ domain: 'x', rule }] };
  const unmatched = { ...outcome, unmatchedRules: [{ ...rule, required: false }] };
  expect([exitCode(gone, false), exitCode(gone, true)]).toEqual([1, 130]);
  expect(exitCode(gone, false, { missingOk: true })).toBe(0);
  expect(exitCode(gone, false, { missingOk: true, strict: true })).toBe(1);
  expect([exitCode(unmatched, false), exitCode(unmatched, false, { strict: true })]).toEqual([0, 1]);
});
