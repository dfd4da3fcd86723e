import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { generatedFiles } from '../../../scripts/schemas/files.ts';
import type { Change, Value } from '../../../src/model/change.ts';
import type { BoundWaiver, WaiverUse } from '../../../src/model/waiver.ts';
import { groupLines } from '../../../src/report/group_lines.ts';
import { groupChanges } from '../../../src/report/groups.ts';
import { REPORTERS } from '../../../src/reporters/index.ts';
import { reportReader } from '../../../src/reporters/read/json.ts';
import { coverageOf } from '../../../src/waivers/covers.ts';
import { parseWaivers } from '../../../src/waivers/parse.ts';
import { joinUses, waiverUses } from '../../../src/waivers/uses.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { misfits } from '../../schema_of.ts';
import { blocksOf } from '../docs/blocks.ts';
import { CONTEXT, hostResult, nicChange, runResult, TELLING } from '../reporters/results.ts';

const parse = (text: string) => parseWaivers(parseYaml(text, 'w.yml').value, 'w.yml');
const GOOD = 'owner: ops\n    reason: load test\n    until: 2026-12-24\n    hosts: all';

describe('a file of waivers', () => {
  it('is read with the place of each', () => {
    const { waivers, diagnostics } = parse(`waivers:
  - ${GOOD}
  - owner: net
    reason: till the release
    until: 2026-12-24T18:00:00+01:00
    domain: [web-*, "!web-9"]
    module: nic_limits
    subject: nic 1
    settings: inbound.*
    has: { inbound.average: 50 }
`);
    expect(diagnostics).toEqual([]);
    expect(waivers.map(({ line, owner, until, endsAt }) => [line, owner, until, endsAt])).toEqual([
      [2, 'ops', '2026-12-24', Date.parse('2026-12-25T00:00:00Z')],
      [6, 'net', '2026-12-24T18:00:00+01:00', Date.parse('2026-12-24T17:00:00Z')],
    ]);
  });

  it.each<[string, string, RegExp, number]>([
    ['nothing', '', /must be a map/, 1],
    ['a list', '- owner: x', /./, 1],
    ['no owner', `waivers:\n  - reason: x\n    until: 2026-12-24\n    hosts: all`, /owner/, 2],
    ['no reason', `waivers:\n  - owner: x\n    until: 2026-12-24\n    hosts: all`, /reason/, 2],
    ['no end', `waivers:\n  - owner: x\n    reason: x\n    hosts: all`, /until/, 2],
    [
      'an empty owner',
      `waivers:\n  - owner: " "\n    reason: x\n    until: 2026-12-24\n    hosts: all`,
      /./,
      2,
    ],
    [
      'a time without a zone',
      `waivers:\n  - ${GOOD.replace('2026-12-24', '2026-12-24T18:00:00')}`,
      /no time/,
      4,
    ],
    ['a day that no calendar has', `waivers:\n  - ${GOOD.replace('2026-12-24', '2026-02-30')}`, /no time/, 4],
    ['words for an end', `waivers:\n  - ${GOOD.replace('2026-12-24', 'never')}`, /no time/, 4],
    [
      'nothing that it covers',
      `waivers:\n  - ${GOOD.replace('\n    hosts: all', '')}`,
      /does not say what it covers/,
      2,
    ],
    ['a key that it has not', `waivers:\n  - ${GOOD}\n    hots: x`, /hots/, 6],
    ['a module that there is not', `waivers:\n  - ${GOOD}\n    module: nic_limit`, /./, 6],
    [
      'a setting that there is not',
      `waivers:\n  - ${GOOD}\n    settings: inbound.averge`,
      /inbound\.averge/,
      6,
    ],
    [
      'a setting of another module',
      `waivers:\n  - ${GOOD}\n    module: cpu_limits\n    settings: inbound.average`,
      /inbound/,
      7,
    ],
    ['a value of a setting that there is not', `waivers:\n  - ${GOOD}\n    has: { inbnd: 5 }`, /inbnd/, 6],
  ])('with %s is an error at its line', (_, text, message, line) => {
    const { waivers, diagnostics } = parse(text);
    expect(waivers).toEqual([]);
    expect(diagnostics.map(({ severity }) => severity)).toContain('error');
    expect(diagnostics[0]?.message).toMatch(message);
    expect(diagnostics[0]?.place).toMatchObject({ file: 'w.yml', line });
  });

  it('in the docs is taken as it stands', () => {
    const [example] = blocksOf('waivers.md').filter(({ language }) => language === 'yaml');
    const { waivers, diagnostics } = parse(example?.text ?? '');
    expect([diagnostics, waivers.map(({ owner }) => owner)]).toEqual([
      [],
      ['alice@example.net', 'network team'],
    ]);
  });

  it('fits its schema, by which editors complete it', () => {
    const schema = JSON.parse(generatedFiles().get('schemas/waivers.schema.json') ?? '');
    const fits = new Ajv({ strictTypes: false, allowUnionTypes: true }).compile(schema);
    const value = (text: string) => JSON.parse(JSON.stringify(parseYaml(text, 'w').value));
    expect(fits(value(`waivers:\n  - ${GOOD}`))).toBe(true);
    expect(fits(value(`waivers:\n  - ${GOOD.replace('2026-12-24', 'soon')}`))).toBe(false);
    expect(fits(value('waivers:\n  - owner: x'))).toBe(false);
  });
});

const bound = (more: Partial<BoundWaiver>): BoundWaiver => ({
  ...{ owner: 'ops', reason: 'load test', until: '2026-12-24', file: 'w.yml', line: 2, endsAt: 1000 },
  ...{ place: { file: 'w.yml', line: 2, column: 3 }, hostNames: null },
  ...more,
});

describe('what a waiver covers', () => {
  /** inbound is to be 12,500 and has nothing. */
  const change = nicChange('pending');
  const coverage = (more: Partial<BoundWaiver>, of: Change = change) =>
    coverageOf(bound(more))(of, ['hv01', 'hv02']);
  const nic = (live: Value, config: Value): Change => ({
    ...change,
    settings: [{ name: 'inbound.average', unit: 'kB/s', desired: { live: 100, config: 100 }, live, config }],
  });

  it.each<[Partial<BoundWaiver>, string]>([
    [{}, 'whole'],
    [{ hostNames: new Set(['hv02']) }, 'whole'],
    [{ hostNames: new Set(['hv03']) }, 'none'],
    [{ hostNames: new Set() }, 'none'],
    [{ domain: ['web-*'] }, 'whole'],
    [{ domain: ['5D4C1C6E-0000-4000-8000-000000000001'] }, 'whole'],
    [{ domain: ['web-*', '!web-01'] }, 'none'],
    [{ modules: ['nic_limits'] }, 'whole'],
    [{ modules: ['cpu_limits'] }, 'none'],
    [{ subject: ['nic 1'] }, 'whole'],
    [{ subject: ['52:54:00:00:00:01'] }, 'whole'],
    [{ subject: ['52:54:0:0:0:1'] }, 'whole'],
    [{ subject: ['nic 2', 'vnet*'] }, 'whole'],
    [{ subject: ['nic 2'] }, 'none'],
    [{ settings: ['inbound.*'] }, 'whole'],
    [{ settings: ['inbound.average'] }, 'part'],
    [{ settings: ['outbound.*'] }, 'none'],
  ])('%j: %s', (more, expected) => {
    expect(coverage(more)).toBe(expected);
  });

  it('is only what it says is there, in both states', () => {
    const has = { 'inbound.average': 50 };
    expect(coverage({ has }, nic(50, 50))).toBe('whole');
    expect(coverage({ has }, nic(50, 100))).toBe('whole');
    expect(coverage({ has }, nic(50, 40))).toBe('none');
    expect(coverage({ has }, nic(40, 40))).toBe('none');
    expect(coverage({ has: { 'inbound.average': null } }, nic(null, null))).toBe('whole');
    expect(coverage({ has: { 'inbound.peak': 5 } }, nic(50, 50))).toBe('none');
  });

  it('knows MACs in whatever letters', () => {
    const subject = { ...change.subject, mac: '52:54:00:0a:bc:de', key: '52:54:00:0a:bc:de' };
    for (const word of ['52:54:00:0A:BC:DE', '52:54:0:a:bC:de', '52:54:00:0A:*', '52:54:00:0[A-B]:*'])
      expect(coverage({ subject: [word] }, { ...change, subject })).toBe('whole');
    expect(coverage({ subject: ['52:54:00:0A:BC:DF', 'NIC 1'] }, { ...change, subject })).toBe('none');
  });

  it('is what the kernel alone has otherwise, too', () => {
    const inKernel = (kernel: Value): Change => ({
      ...change,
      settings: [
        {
          ...{ name: 'inbound.average', unit: 'kB/s', desired: { live: 100, config: 100 } },
          ...{ live: 100, config: 100, kernel },
        },
        { name: 'outbound.average', unit: 'kB/s', desired: { live: 9 }, live: 9, config: 9, kernel: 9 },
      ],
      kernel: { drift: [{ kind: 'differs', settings: ['inbound.average'], text: 'other' }] },
    });
    expect(coverage({}, inKernel(50))).toBe('whole');
    expect(coverage({ settings: ['inbound.*'] }, inKernel(50))).toBe('whole');
    expect(coverage({ settings: ['outbound.*'] }, inKernel(50))).toBe('none');
    expect(coverage({ has: { 'inbound.average': 50 } }, inKernel(50))).toBe('whole');
    expect(coverage({ has: { 'inbound.average': 50 } }, inKernel(60))).toBe('none');
  });

  it('is of settings that are not as desired, also where all is set anew', () => {
    expect(coverage({}, nic(100, 100))).toBe('whole');
    expect(coverage({ settings: ['inbound.*'] }, nic(100, 100))).toBe('none');
  });
});

describe('what became of waivers', () => {
  const waived = nicChange('waived', {
    waiver: { owner: 'ops', reason: 'load test', until: '2026-12-24', file: 'w.yml', line: 2 },
  });
  const other = bound({ line: 9 });
  const states = (now: number, whole: boolean) =>
    waiverUses([bound({}), other], now, [hostResult('a', { resources: [waived, waived] })], whole).map(
      ({ state, count }) => [state, count],
    );

  it('is told where all that they may be for was read', () => {
    expect(states(999, true)).toEqual([
      ['used', 2],
      ['unused', 0],
    ]);
    expect(states(999, false)[1]).toEqual(['unknown', 0]);
    expect(states(1000, true).map(([state]) => state)).toEqual(['expired', 'expired']);
  });

  it('is told of all shards together', () => {
    const use = (state: WaiverUse['state'], count: number) => [
      { owner: 'o', reason: 'r', until: 'u', file: 'f', line: 1, state, count },
    ];
    expect(joinUses([use('unknown', 0), use('used', 2), use('unknown', 0)], true)).toEqual(use('used', 2));
    expect(joinUses([use('expired', 0), use('expired', 0)], true)).toEqual(use('expired', 0));
    const none = [use('unknown', 0), use('unknown', 0)];
    expect(joinUses(none, true)).toEqual(use('unused', 0));
    expect(joinUses(none, false)).toEqual(use('unknown', 0));
  });
});

describe('what is waived', () => {
  const waiver = { owner: 'ops', reason: 'load test', until: '2026-12-24', file: 'w.yml', line: 2 };
  const resources = [nicChange('waived', { waiver, reason: 'waived by ops until 2026-12-24: load test' })];
  const result = runResult([hostResult('hv01', { resources })], {
    exitCode: 0,
    waivers: [
      { ...waiver, state: 'used', count: 1 },
      { ...waiver, line: 9, owner: 'net', state: 'expired', count: 0 },
      { ...waiver, line: 14, owner: 'db', state: 'unused', count: 0 },
    ],
  });
  const inFormat = (format: string) => [...(REPORTERS[format]?.write(result, CONTEXT) ?? [])].join('');

  it.each(['json', 'ndjson', 'junit', 'markdown', 'html', 'sarif'])(
    'is told in %s, with who, why and until when',
    (format) => {
      const text = inFormat(format);
      for (const word of ['waived', 'ops', 'load test', '2026-12-24']) expect(text).toContain(word);
    },
  );

  it.each(
    // The two for programs have them as data.
    TELLING.filter((format) => !['json', 'ndjson'].includes(format)),
  )('is beside waivers that do nothing in %s', (format) => {
    expect(inFormat(format)).toContain('the waiver of net until 2026-12-24 (load test) has expired');
    expect(inFormat(format)).toContain(
      'the waiver of db until 2026-12-24 (load test) covers nothing that differs',
    );
  });

  it.each(['github', 'gitlab', 'gitlab-terraform'])('is no finding of %s', (format) => {
    expect(inFormat(format)).not.toContain('web-01');
    expect(inFormat('gitlab-terraform')).toBe('{"create":0,"update":0,"delete":0}\n');
  });

  it('is an accepted suppression in SARIF, a skipped case in JUnit, a number in Prometheus', () => {
    const results = JSON.parse(inFormat('sarif')).runs[0].results;
    const waived = results.filter((one: { ruleId: string }) => one.ruleId === 'waived');
    expect(waived).toHaveLength(1);
    expect(waived[0].suppressions).toEqual([
      { kind: 'external', status: 'accepted', justification: 'load test (ops, until 2026-12-24)' },
    ]);
    expect(inFormat('junit')).toMatch(/<skipped message="receives unlimited → 100 Mbit\/s; waived by ops/);
    expect(inFormat('prometheus')).toContain('virtune_resources{kind="nic",status="waived"} 1\n');
    expect(inFormat('prometheus')).toContain('virtune_waivers{state="expired"} 1\n');
  });

  it('is told to people with what differs, and with no command to run', () => {
    for (const format of ['markdown', 'html']) expect(inFormat(format)).not.toContain('virsh domiftune');
    const [group] = groupChanges(result.hosts);
    const options = { check: true, diff: false, verbose: false, paint: (_: unknown, text: string) => text };
    expect(groupLines(group!, options, { indent: 0, lines: 9 }).map((line) => line.trim())).toEqual([
      '· hv01 web-01 nic 1 waived',
      'receives unlimited → 100 Mbit/s',
      'waived by ops until 2026-12-24: load test',
      'rule "web tier" (inventory/group_vars/compute.yml:4)',
    ]);
  });

  it('is the same from the JSON report', () => {
    const reader = reportReader('r');
    reader.add(Buffer.from(inFormat('json')));
    const again = reader.end();
    expect([again.waivers, again.hosts[0]?.resources[0]?.waiver]).toEqual([result.waivers, waiver]);
    expect(misfits('report', JSON.parse(inFormat('json')))).toEqual([]);
  });
});
