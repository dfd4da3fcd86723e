import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { bandwidth, bridgeNic, guest, LAB, virtune } from './lab.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../schemas/explain.schema.json', import.meta.url), 'utf8'),
);
const valid = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false }).compile(schema);

const GROUP_RULES = `virtune_uplink: 20 Mbit/s
nic_limits:
  - name: tier
    domain: "explain-*"
    rate: 100 Mbit/s
  - name: second card
    domain: explain-vm
    nic: 2
    outbound: { average: 1 Gbit/s, burst: 512 KiB }
`;

/** `virtune explain` on a real host, beside what a run does there. */
describe.skipIf(LAB === '')('explain', () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-explain-'));
  const inventory = ['-i', `${LAB}/inventory.yml`, '-i', join(dir, 'more.yml')];
  const rules = join(dir, 'group_vars/compute.yml');
  let uuid = '';

  beforeAll(async () => {
    mkdirSync(join(dir, 'group_vars'));
    writeFileSync(join(dir, 'more.yml'), 'compute:\n');
    writeFileSync(rules, GROUP_RULES);
    const nics = ['01', '02'].flatMap((n) => ['--nic', bridgeNic(`52:54:00:ee:01:${n}`)]);
    uuid = await guest('hv01', 'explain-vm', ...nics);
  });

  it('names the rules of the variable nic_limits, with file, line and group, and writes nothing', async () => {
    const ran = await virtune(['explain', 'hv01', 'explain-vm', '--nic', '2', ...inventory]);
    expect(ran.code, ran.stderr).toBe(0);
    expect(ran.stdout).toContain('explain-vm nic 2 on hv01: 52:54:00:ee:01:02, bridge br0');
    expect(ran.stdout).not.toContain('explain-vm nic 1');
    expect(ran.stdout).toContain(`1. "tier" ${rules}:3, variable nic_limits of group compute`);
    expect(ran.stdout).toContain('outbound 100 Mbit/s, peak 100 Mbit/s, burst 12500 KiB; replaced by 2');
    expect(ran.stdout).toContain(`2. "second card" ${rules}:6`);
    expect(ran.stdout).toContain('is to have: --inbound 12500,12500,12500 --outbound 125000,0,512');
    expect(ran.stdout).toContain('explain-vm nic 2 receives at most 100 Mbit/s');
    expect(ran.stdout).toContain('status: pending: a run would change it');
    expect(ran.stdout).toMatch(
      /note on hv01: inbound: by the rules, what running VMs may receive adds up to/,
    );
    expect(ran.stderr).toContain(
      `${rules}:9:43: warning: outbound: a burst of 512 KiB is 4.2 ms at 1 Gbit/s`,
    );
    expect(await bandwidth('hv01', uuid)).toEqual(['', '']);
  });

  it('by UUID and playbook, as JSON that fits its schema', async () => {
    const playbook = join(dir, 'play.yml');
    writeFileSync(
      playbook,
      `- name: by hand\n  hosts: compute\n  tasks:\n    - nic_limits:\n        rules:\n          - domain: ${uuid}\n            inbound: 8 Mbit/s\n`,
    );
    const ran = await virtune(['explain', 'hv01', uuid, playbook, ...inventory, '--report', 'json']);
    expect(ran.code, ran.stderr).toBe(0);
    const told = JSON.parse(ran.stdout);
    expect(valid(told), JSON.stringify(valid.errors)).toBe(true);
    expect(told.resources).toHaveLength(2);
    expect(told.resources[0]).toMatchObject({
      play: 'by hand',
      status: 'pending',
      rules: [{ file: playbook, line: 6, origin: null }],
      desired: { live: { words: ['--inbound 1000'] } },
    });
  });

  it('ends with 1 for a VM or NIC that is not there, and with 4 for a host that does not answer', async () => {
    const missing = await virtune(['explain', 'hv01', 'explain-wm', ...inventory]);
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringContaining('did you mean "explain-vm"?'),
    ]);
    const noNic = await virtune(['explain', 'hv01', 'explain-vm', '--nic', '3', ...inventory]);
    expect([noNic.code, noNic.stderr]).toEqual([1, expect.stringContaining('has no NIC 3')]);
    const glob = await virtune(['explain', 'hv01', 'explain-*', ...inventory]);
    expect(glob.code).toBe(1);
    const two = await virtune(['explain', 'compute', 'explain-vm', ...inventory]);
    expect([two.code, two.stderr]).toEqual([1, expect.stringContaining('is not one host')]);
    const nowhere = [
      '-i',
      'nowhere,',
      '-e',
      'ansible_host=127.0.0.1',
      '-e',
      'ansible_port=1',
      '-e',
      '{nic_limits: []}',
    ];
    const gone = await virtune(['explain', 'nowhere', 'x', ...nowhere]);
    expect(gone.code, gone.stderr).toBe(4);
  });
});
