import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { generatedFiles, ROOT } from '../../../scripts/schemas/files.ts';
import { parseRate, parseSize } from '../../../src/base/units.ts';
import { parseArgs } from '../../../src/modules/nic_limits/args.ts';
import { parsePlaybook } from '../../../src/playbook/parse.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { misfits, QUICKLY } from '../../schema_of.ts';
import { full, sweep } from '../../sweep.ts';

const files = generatedFiles();
const ajv = () =>
  new Ajv({
    ...QUICKLY,
    allErrors: true,
    allowUnionTypes: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
  });
const compile = (name: string) => ajv().compile(JSON.parse(files.get(`schemas/${name}.schema.json`)!));
const vars = compile('vars');
const playbook = compile('playbook');
const inventory = compile('inventory');
const withRules = (rules: unknown) => vars({ nic_limits: rules });

describe('what is generated', () => {
  it.each([...files.keys()])('%s is as the code says: else run `npm run schemas`', (path) => {
    expect(existsSync(ROOT + path) ? readFileSync(ROOT + path, 'utf8') : 'missing').toBe(files.get(path));
  });

  it('are schemas that ajv takes', () => {
    // A document of OpenAPI holds schemas and is none.
    for (const [name, text] of files)
      if (name.endsWith('.schema.json') && text.length <= full(Infinity, 100_000))
        ajv().compile(JSON.parse(text));
  });
});

describe('amounts of disks', () => {
  const fits = (rule: object) => vars({ disk_limits: [{ domain: 'a', ...rule }] });

  it.each([
    [
      'total_bytes_sec',
      ['50 MB/s', '1.5 MiB/s', 5000, '5000', 'unlimited', '{{ rate }}'],
      ['10 apples', '5M', 5, 1.5],
    ],
    ['read_bytes_sec_max', ['50 MB/s', '{{ x }}'], ['fast', '50 MB']],
    ['total_iops_sec', [500, '500', 'unlimited'], ['500 op/s', 0, 1.5, '5k']],
    ['total_iops_sec_max_length', [5, '5 s', '5'], ['5 min', 0, 100_000]],
    ['iops_size', ['16 KiB', 4096], [5, '16 KiB/s']],
    ['group', ['g', 'none', '{{ g }}'], ['a b', '']],
  ])('%s is checked while it is written, as the code checks it', (key, right, wrong) => {
    for (const value of right)
      expect([value, fits({ total_bytes_sec: 5000, [key]: value })]).toEqual([value, true]);
    for (const value of wrong)
      expect([value, fits({ total_bytes_sec: 5000, [key]: value })]).toEqual([value, false]);
  });

  it('are so in a burst', () => {
    const burst = (value: unknown) => fits({ total_bytes_sec: 5000, burst: { bytes: value } });
    expect([burst('9 MB/s'), burst('10 apples')]).toEqual([true, false]);
  });
});

describe('the samples', () => {
  const samples = ['inventory', 'playbooks'].flatMap((folder) =>
    readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ya?ml$/.test(name))
      .map((name) => join(folder, name)),
  );

  it.each(samples)('%s names its schema in the first line, and fits it', (sample) => {
    const text = readFileSync(ROOT + sample, 'utf8');
    const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text) ?? [];
    expect(path).not.toBe('');
    expect(dirname(join(dirname(ROOT + sample), path))).toBe(join(ROOT, 'schemas'));
    expect(misfits(basename(path, '.schema.json'), parse(text))).toEqual([]);
  });

  it('are all there', () => {
    expect(samples).toHaveLength(4);
  });
});

const units = fc.constantFrom(
  'bit/s',
  'kbit/s',
  'Mbps',
  'GB/s',
  'KiB/s',
  'Mibit/s',
  'bps',
  'mbit/s',
  'B',
  'KiB',
  'Mbit',
  '',
  'x',
  'k',
);
const spelled = fc
  .tuple(
    fc.integer({ min: 0, max: 5000 }),
    fc.constantFrom('', '.5', '.25', ',5'),
    fc.constantFrom('', ' ', '  '),
    units,
  )
  .map((parts) => parts.join(''));
const quantity = fc.oneof(
  spelled,
  fc.integer({ min: -1, max: 5_000_000 }),
  fc.constant('unlimited'),
  fc.double(),
);

describe('an editor', { timeout: 60_000 }, () => {
  it('says nothing against a rate or a size that virtune takes', () => {
    const runs = sweep(2000);
    let taken = 0;
    fc.assert(
      fc.property(quantity, (value) => {
        if (parseRate(value).ok) {
          taken++;
          expect(withRules([{ domain: 'a', inbound: value }])).toBe(true);
          expect(withRules([{ domain: 'a', inbound: { average: value } }])).toBe(true);
        }
        if (parseSize(value).ok)
          expect(withRules([{ domain: 'a', inbound: { average: 1, burst: value } }])).toBe(true);
      }),
      runs,
    );
    expect(taken).toBeGreaterThan(runs.numRuns / 10);
  });

  it('says nothing against rules that virtune takes', () => {
    const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
    const limit = fc.oneof(
      fc.constantFrom('1 Mbit/s', 'unlimited', 500, '5 parsecs'),
      fc.record({
        average: maybe(fc.constant(5)),
        peak: maybe(fc.constant('1 MB/s')),
        burst: maybe(fc.constant('1 MiB')),
        floor: maybe(fc.constant(1)),
      }),
    );
    const rule = fc
      .record({
        name: maybe(fc.string()),
        domain: maybe(fc.oneof(fc.string(), fc.array(fc.string(), { maxLength: 2 }))),
        match: maybe(
          fc.constantFrom(
            { state: 'running' },
            { state: ['shut off'] },
            { nova: { flavor: 'x' } },
            {},
            { state: 'up' },
          ),
        ),
        nic: maybe(
          fc.constantFrom<unknown>(
            'all',
            1,
            [1, 2],
            { mac: '52:54:0:FA:C7:2' },
            { bridge: 'b' },
            0,
            {},
            'one',
          ),
        ),
        rate: maybe(fc.constantFrom<unknown>('1 MB/s', 7, 0)),
        inbound: maybe(limit),
        outbound: maybe(limit),
        upload: maybe(limit),
        apply_to: maybe(fc.constantFrom('both', 'live', 'dead')),
        required: maybe(fc.constantFrom<unknown>(true, 'yes')),
      })
      .map((one) => JSON.parse(JSON.stringify(one)));
    const runs = sweep(5000);
    let taken = 0;
    fc.assert(
      fc.property(rule, (one) => {
        if (parseArgs({ rules: [one] }).args === null) return;
        taken++;
        expect(withRules([one]), JSON.stringify(vars.errors)).toBe(true);
      }),
      runs,
    );
    expect(taken).toBeGreaterThan(runs.numRuns / 100);
  });

  it.each([
    ['a unit that means two things', { domain: 'a', rate: '100 mbps' }],
    ['no selector', { rate: '1 MB/s' }],
    ['no value', { domain: 'a' }],
    ['two names of one direction', { domain: 'a', inbound: 1, download: 1 }],
    ['rate beside a direction', { domain: 'a', rate: 1, outbound: 1 }],
    ['a peak without an average', { domain: 'a', inbound: { peak: 1 } }],
    ['a floor on what it sends', { domain: 'a', outbound: { average: 5, floor: 1 } }],
    ['an unknown key', { domain: 'a', outboud: 1 }],
    ['a MAC that is none', { nic: { mac: '52-54-00-00-00-01' }, inbound: 1 }],
    ['another state', { match: { state: 'up' }, inbound: 1 }],
    ['nothing as a rate', { domain: 'a', inbound: 0 }],
  ])('marks %s', (_, rule) => {
    expect(withRules([rule])).toBe(false);
    expect(parseArgs({ rules: [rule] }).args).toBeNull();
  });

  it('takes templates wherever a value may stand', () => {
    expect(withRules('{{ base_rules + more }}')).toBe(true);
    expect(
      withRules([{ domain: '{{ d }}', nic: '{{ n }}', inbound: { average: '{{ r }}', burst: '{{ b }}' } }]),
    ).toBe(true);
    expect(
      withRules([{ domain: 'a', required: '{{ r }}', apply_to: '{{ a }}', rate: '{% if x %}1{% endif %}' }]),
    ).toBe(true);
    expect(withRules(['{{ a_rule }}'])).toBe(true);
    expect(withRules('no template')).toBe(false);
  });

  it('knows playbooks as virtune does', () => {
    const same = (text: string, right: boolean) => {
      expect(playbook(parse(text)), `${text}${JSON.stringify(playbook.errors)}`).toBe(right);
      const { diagnostics } = parsePlaybook(parseYaml(text, 'p.yml').value, 'p.yml', ['nic_limits']);
      expect(
        diagnostics.some((d) => d.severity === 'error'),
        text,
      ).toBe(!right);
    };
    const task = '    - nic_limits: { rules: "{{ nic_limits }}" }\n';
    same(`- hosts: all\n  tasks:\n${task}`, true);
    same(
      `- hosts: [a, b]\n  serial: [1, "25%"]\n  tags: x\n  any_errors_fatal: yes\n  order: sorted\n  tasks:\n${task}`,
      true,
    );
    same(
      `- hosts: all\n  tasks:\n    - name: n\n      when: a == b\n      tags: [t]\n      nic_limits: { rules: [] }\n`,
      true,
    );
    same(`- hosts: all\n  tasks:\n    - block:\n        - nic_limits: { rules: [] }\n      when: x\n`, true);
    same(`- tasks:\n${task}`, false);
    same('- hosts: all\n', false);
    same('- hosts: all\n  tasks: []\n', false);
    same('- hosts: all\n  tasks:\n    - name: nothing\n', false);
    same(`- hosts: all\n  host: b\n  tasks:\n${task}`, false);
    same(`- hosts: all\n  serial: 0\n  tasks:\n${task}`, false);
    same(`- hosts: all\n  roles: [x]\n  tasks:\n${task}`, false);
  });

  it('knows inventories', () => {
    expect(
      inventory({ all: { hosts: { 'hv[01:20]': null }, children: { web: { vars: { nic_limits: [] } } } } }),
    ).toBe(true);
    expect(inventory({ all: { host: {} } })).toBe(false);
    expect(inventory({ web: { hosts: { a: { nic_limits: [{ domain: 'a' }] } } } })).toBe(false);
    expect(inventory({})).toBe(false);
  });
});
