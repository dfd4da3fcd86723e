import { describe, expect, it } from 'vitest';
import { disksFact } from '../../../src/facts/disks.ts';
import { diskLimits } from '../../../src/modules/disk_limits/index.ts';
import { described, parseRules, planRules } from './of_module.ts';

/** Disks that share their limits: libvirt's `group_name`. */

const disk = (target: string, tune = '') =>
  `<disk type='file' device='disk'><target dev='${target}'/>${tune === '' ? '' : `<iotune>${tune}</iotune>`}</disk>`;
const G = '<group_name>g</group_name>';
const bytes = (n: number) => `<total_bytes_sec>${n}</total_bytes_sec>`;
const iops = (n: number) => `<total_iops_sec>${n}</total_iops_sec>`;
const vm = (live: string, config = live) =>
  described([disksFact], `<devices>${live}</devices>`, `<devices>${config}</devices>`);

const plan = (rules: readonly string[], ...sides: [string, string?]) =>
  planRules(diskLimits, [rules.map((rule) => `- { domain: "*", ${rule} }`).join('\n')], [vm(...sides)]);

const BYTES = (n: number) => `--total-bytes-sec ${n} --total-bytes-sec-max 0 --total-bytes-sec-max-length 0`;
const IOPS = (n: number) =>
  `--total-iops-sec ${n} --total-iops-sec-max 0 --total-iops-sec-max-length 0 --size-iops-sec 0`;
const D = (target: string) => `virsh blkdeviotune U ${target}`;

describe('a rule', () => {
  it.each([
    ['group: g', /the rule sets no limit/],
    ['group: g, total_bytes_sec: unlimited', /a group needs a limit/],
    ['group: "a b", total_bytes_sec: 5000', /letters, digits/],
    ['group: "", total_bytes_sec: 5000', /letters, digits/],
    ['group: "a;b", total_bytes_sec: 5000', /letters, digits/],
    ['group: -x, total_bytes_sec: 5000', /letters, digits/],
  ])('wrong: %s', (rule, expected) => {
    const { said } = parseRules(diskLimits, `- { domain: "*", ${rule} }`);
    expect(said).toEqual([expect.stringMatching(expected)]);
  });

  it('puts disks into a group with all that they are to have, and takes them out of it', () => {
    const both = `${disk('vda')}${disk('vdb', iops(7))}`;
    const rule = 'group: g, total_bytes_sec: 5000, total_iops_sec: 9';
    expect(plan([rule], both).map(({ commands }) => commands)).toEqual([
      [`${D('vda')} --live --config --group-name g ${BYTES(5000)} ${IOPS(9)}`],
      [`${D('vdb')} --live --config --group-name g ${BYTES(5000)} ${IOPS(9)}`],
    ]);
    const [change] = plan(['group: none'], disk('vda', `${bytes(5000)}${iops(7)}${G}`));
    expect(change?.commands).toEqual([
      `${D('vda')} --live --config ${BYTES(0)} ${IOPS(0)}`,
      `${D('vda')} --live --config ${BYTES(5000)} ${IOPS(7)}`,
    ]);
    expect(change?.change.steps).toHaveLength(1);
    expect(change?.sentence).toBe('group g → none');
  });

  it('keeps what it does not name when it puts a disk into a group', () => {
    const [change] = plan(['group: g, total_bytes_sec: 5000'], disk('vda', iops(7)));
    expect(change?.commands).toEqual([
      `${D('vda')} --live --config --group-name g ${BYTES(5000)} ${IOPS(7)}`,
    ]);
  });

  it('sets, and asks nothing, where only the name of a group is left', () => {
    const [change] = plan(['group: none'], disk('vda', G));
    expect(change?.commands).toEqual([`${D('vda')} --live --config ${BYTES(0)} ${IOPS(0)}`]);
  });

  it('leaves the group alone that it does not name', () => {
    const [change] = plan(['total_bytes_sec: 6000'], disk('vda', `${bytes(5000)}${iops(7)}${G}`));
    expect(change?.commands).toEqual([`${D('vda')} --live --config ${BYTES(6000)}`]);
  });

  it('joins in the state that is not in the group, and in no other', () => {
    const [change] = plan(
      ['group: g, total_bytes_sec: 5000'],
      disk('vda', `${bytes(5000)}${G}`),
      disk('vda', `${bytes(5000)}<group_name>h</group_name>`),
    );
    expect(change?.commands).toEqual([`${D('vda')} --config --group-name g ${BYTES(5000)} ${IOPS(0)}`]);
  });

  it('that takes all limits away takes the disk out of its group, which is no difference after', () => {
    const rules = ['group: g, total_bytes_sec: 5000', 'total_bytes_sec: unlimited'];
    const [change] = plan(rules, disk('vda', `${bytes(5000)}${G}`));
    expect(change?.commands).toEqual([`${D('vda')} --live --config ${BYTES(0)}`]);
    expect(plan(rules, disk('vda'))[0]?.status).toBe('inSync');
  });
});

describe('disks of one group', () => {
  const group = (a: string, b = a) => `${disk('vda', `${a}${G}`)}${disk('vdb', `${b}${G}`)}`;

  it('are set where the rules want the same of all', () => {
    const changes = plan(['total_bytes_sec: 6000'], group(bytes(5000)));
    expect(changes.map(({ status, commands }) => [status, commands])).toEqual(
      ['vda', 'vdb'].map((target) => ['pending', [`${D(target)} --live --config ${BYTES(6000)}`]]),
    );
  });

  it.each([
    ['different limits', ['disk: vda, total_bytes_sec: 6000', 'disk: vdb, total_bytes_sec: 7000'], 2],
    ['a limit of one of them', ['disk: vda, total_bytes_sec: 6000'], 1],
    ['kinds of limits of one each', ['disk: vda, total_bytes_sec: 6000', 'disk: vdb, total_iops_sec: 7'], 2],
  ])('are refused where they want %s', (_what, rules, named) => {
    const changes = plan(rules, group(bytes(5000)));
    expect(changes).toHaveLength(named);
    for (const { status, commands, reason } of changes) {
      expect([status, commands]).toEqual(['refused', []]);
      expect(reason).toMatch(
        /^the disks of the group "g" share their limits, and would have different ones of/,
      );
    }
  });

  it('are told with what each would have, and which no rule names', () => {
    expect(plan(['disk: vda, total_bytes_sec: 6000'], group(bytes(5000)))[0]?.reason).toBe(
      'the disks of the group "g" share their limits, and would have different ones of bytes: vda 6 kB/s, vdb 5 kB/s (as it is: no rule says so). Let the rules want the same of all of them; nothing was written',
    );
  });

  it('are refused where a disk would join with limits that no rule speaks of', () => {
    const found = `${disk('vda', `${bytes(5000)}${G}`)}${disk('vdb', iops(7))}`;
    const [a, b] = plan(['group: g, total_bytes_sec: 5000'], found);
    expect([a?.status, b?.status, b?.commands]).toEqual(['inSync', 'refused', []]);
    expect(b?.reason).toContain('of iops: vda unlimited (as it is');
  });

  it.each([
    ['disk: vda, group: g, total_bytes_sec: 5000', 'disk: vdb, group: g, total_bytes_sec: 6000'],
    ['group: g, total_bytes_sec: 5000', 'disk: vda, total_bytes_sec: 6000'],
  ])('are refused, all of them, where two tasks want different limits: %s and %s', (a, b) => {
    const tasks = [a, b].map((rule) => `- { domain: "*", ${rule} }`);
    const changes = planRules(diskLimits, tasks, [vm(`${disk('vda')}${disk('vdb')}`)]);
    expect(changes.map(({ status, commands }) => [status, commands])).toEqual(Array(2).fill(['refused', []]));
    expect(changes[1]?.reason).toMatch(/^the disks of the group "g" share their limits/);
  });

  it('are set where two tasks have a kind of limits each', () => {
    const tasks = ['group: g, total_bytes_sec: 5000', 'total_iops_sec: 7'];
    const changes = planRules(
      diskLimits,
      tasks.map((rule) => `- { domain: "*", ${rule} }`),
      [vm(`${disk('vda', iops(5))}${disk('vdb')}`)],
    );
    expect(changes.map(({ status }) => status)).toEqual(['pending', 'pending']);
  });

  it('are let go one by one', () => {
    const changes = plan(['disk: vda, total_bytes_sec: unlimited'], group(bytes(5000)));
    expect(changes.map(({ status }) => status)).toEqual(['pending']);
    const alone = plan(['disk: vda, group: none, total_bytes_sec: 6000'], group(bytes(5000)));
    expect(alone[0]?.commands).toEqual([
      `${D('vda')} --live --config ${BYTES(0)}`,
      `${D('vda')} --live --config ${BYTES(6000)} ${IOPS(0)}`,
    ]);
  });

  it('matter in the state that is written, and in no other VM', () => {
    const rule = 'disk: vda, total_bytes_sec: 6000, apply_to: live';
    expect(plan([rule], `${disk('vda')}${disk('vdb')}`, group(bytes(5000)))[0]?.status).toBe('pending');
    const vms = ['a', 'b'].map((name) => ({
      ...vm(disk('vda', `${bytes(name === 'a' ? 6000 : 5000)}${G}`)),
      name,
      uuid: `6695eb01-f6a4-8304-79aa-97f2502e193${name}`,
    }));
    const rules = '- { domain: a, total_bytes_sec: 6000 }\n- { domain: b, total_bytes_sec: 7000 }';
    expect(planRules(diskLimits, [rules], vms).map(({ status }) => status)).toEqual(['inSync', 'pending']);
  });
});

it.each(['a b', 'a;b', 'a --total-bytes-sec 1'])(
  'a name from before that no host can be sent is refused: %s',
  (odd) => {
    const [found] = diskLimits.find({
      domains: [vm(disk('vda', `${bytes(5000)}${G}`))],
      unreadable: [],
      parts: {},
    });
    const decide = (live: string) =>
      diskLimits.decide(
        found!,
        { live: { group_name: live }, config: {} },
        { rewrite: false, kernel: false },
      );
    expect(decide(odd)).toMatchObject({ steps: [], objection: { status: 'unsupported' } });
    expect(decide('h').objection).toBeUndefined();
    const there = diskLimits.find({
      domains: [vm(disk('vda', `${bytes(5000)}<group_name>${odd}</group_name>`))],
      unreadable: [],
      parts: {},
    })[0];
    // What it has is no matter where it stays.
    const kept = { live: { group_name: odd, total_bytes_sec: 6000 }, config: {} };
    expect(diskLimits.decide(there!, kept, { rewrite: false, kernel: false }).objection).toBeUndefined();
  },
);
