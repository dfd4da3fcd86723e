import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../../src/model/result.ts';
import { overview } from '../../../src/report/overview.ts';
import { linesOf } from '../../../src/report/parts.ts';
import { closingLines, hostLines } from '../../../src/report/text.ts';
import { REPORTERS } from '../../../src/reporters/index.ts';
import { jsonReport } from '../../../src/reporters/json.ts';
import { reportReader } from '../../../src/reporters/read/json.ts';
import { sweep } from '../../sweep.ts';
import { host, run } from '../report/arbitrary.ts';
import { CONTEXT, everyOutcome, hostileResult, hostResult, nicChange, runResult } from './results.ts';

const json = (result: RunResult): string => [...jsonReport(result)].join('');
const again = (result: RunResult): RunResult => readWhole(json(result));

/** @param size of each piece */
function readWhole(text: string, size = Number.POSITIVE_INFINITY): RunResult {
  const reader = reportReader('r.json');
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) reader.add(bytes.subarray(at, at + size));
  return reader.end();
}

/** All that is made of a result: every format, and what a terminal shows. */
function everything(result: RunResult): Readonly<Record<string, string>> {
  const options = { check: result.mode === 'check', diff: true, verbose: true };
  const text = { ...options, paint: (_: unknown, words: string) => words, columns: 100 };
  const view = [
    ...result.hosts.flatMap((one) => hostLines(one, text)),
    ...linesOf(overview(result.hosts, text)),
    ...closingLines(result, text),
  ];
  const formats = Object.entries(REPORTERS).map(([name, { write }]) => [
    name,
    [...write(result, CONTEXT)].join(''),
  ]);
  return Object.fromEntries([...formats, ['view', view.join('\n')]]);
}

describe('a JSON report that is read', () => {
  it.each([
    ['every outcome', everyOutcome()],
    ['hostile text', hostileResult()],
    ['no host', runResult([])],
    ['names that may be missing', { ...everyOutcome(), missingOk: true }],
    [
      'causes',
      runResult(
        [
          hostResult('a', {
            status: 'changed',
            resources: [
              nicChange('pending', { cause: { kind: 'changedByHand', states: ['live'], text: 'x' } }),
            ],
          }),
        ],
        {
          baseline: { id: 'id', note: 'n' },
          gone: [
            {
              kind: 'gone',
              host: 'a',
              name: 'web',
              uuid: 'u',
              rule: { name: 'r', file: 'f', line: 1 },
              text: 'x',
            },
          ],
        },
      ),
    ],
    ['shards that were merged', { ...everyOutcome(), shards: { count: 8, missing: [2, 5] } }],
    [
      'a shard',
      {
        ...everyOutcome(),
        strict: true,
        failOn: ['failed', 'changed'],
        shard: {
          index: 3,
          count: 8,
          fleet: 'f',
          pipeline: 'github 1',
          inventoryHosts: 9,
          places: [1, 4],
          evidence: {
            plays: [{ read: 1, unread: 2, unmatched: [{ name: 'r', file: 'f', line: 1, required: true }] }],
            names: [{ rule: { name: 'r', file: 'f', line: 1 }, known: ['a'], missing: ['b'] }],
          },
        },
      },
    ],
    [
      'a remedy, and a part of the VMs',
      runResult([
        hostResult('a', {
          status: 'failed',
          error: 'e; do it',
          remedy: { error: 'e', text: 'do it', command: { before: 'scan', word: 'a', after: '>x' } },
          totals: { nic: { vms: 5, read: { u: 1 } } },
        }),
      ]),
    ],
  ])('gives in every format what the run gave: %s', (_, result) => {
    expect(everything(again(result))).toEqual(everything(result));
  });

  it('gives in every format what the run gave, whatever that is', () => {
    fc.assert(
      fc.property(fc.array(host, { maxLength: 3 }), (hosts) => {
        const result = run(hosts);
        expect(everything(again(result))).toEqual(everything(result));
      }),
      sweep(100),
    );
  });

  it.each(['live', 'config', 'both', 'neither'] as const)(
    'tells what is desired of a state: %s is there',
    (there) => {
      for (const asked of [['live'], ['config'], ['live', 'config']]) {
        const change = nicChange('pending');
        const settings = change.settings.map(({ name, unit, desired, live, config }) => ({
          name,
          unit,
          desired: Object.fromEntries(Object.entries(desired).filter(([side]) => asked.includes(side))),
          ...(there === 'live' || there === 'both' ? { live: live ?? null } : {}),
          ...(there === 'config' || there === 'both' ? { config: config ?? null } : {}),
        }));
        const result = runResult([hostResult('a', { resources: [{ ...change, settings }] })]);
        expect(everything(again(result)), asked.join()).toEqual(everything(result));
      }
    },
  );
});

describe('what is no report', () => {
  const broken = (edit: (report: never) => void): string => {
    const report = JSON.parse(json(everyOutcome()));
    edit(report as never);
    return JSON.stringify(report);
  };
  // biome-ignore lint/suspicious/noExplicitAny: a document that is broken on purpose
  type Any = any;

  it.each([
    ['', /^r\.json is no JSON: /],
    ['{"schema": "virtune.re', /^r\.json is no JSON: /],
    ['null', /^r\.json is no report: it has no schema$/],
    ['{"schema":"virtune.report/3"}', /^r\.json is of another schema: "virtune\.report\/3", and not/],
    ['{"schema":"virtune.report/2"}', /: run is missing$/],
    [broken((r: Any) => delete r.hosts[0].hypervisor), /: hosts\[0\]\.hypervisor is missing$/],
    [broken((r: Any) => (r.hosts[0].status = 'fine')), /: hosts\[0\]\.status is not one of ok, /],
    [broken((r: Any) => (r.run.startedAt = 'yesterday')), /: run\.startedAt is not a time$/],
    [broken((r: Any) => (r.hosts[0].resources[1].module = 'x')), /resources\[1\]\.module is not one of /],
    [
      broken((r: Any) => (r.hosts[0].resources[0].before.live = { x: 1 })),
      /\.x is no setting that virtune knows$/,
    ],
    [
      broken((r: Any) => (r.hosts[0].resources[1].commands = ['rm -rf /'])),
      /is not a command of virsh or openstack$/,
    ],
    [broken((r: Any) => (r.run.shard = { index: 9, count: 8 })), /: run\.shard is no part of a whole$/],
    [broken((r: Any) => (r.hosts = {})), /: hosts is not a list$/],
    [broken((r: Any) => Object.assign(r, { schema: 'x/1', hosts: [1] })), /is of another schema: "x\/1"/],
    [`${broken(() => {})}]`, /^r\.json is no JSON: /],
  ])('is told: %#', (text, message) => {
    for (const size of [undefined, 1, 7]) expect(() => readWhole(text, size)).toThrow(message);
  });
});
