import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseCgroups } from '../../../src/facts/cgroups.ts';
import { CGROUPS } from '../../../src/libvirt/cgroup_script.ts';

/** What the host tells of cgroups, by its own find, grep and awk over files that stand as those of Debian 12. */

const SCOPE = 'machine.slice/machine-qemu\\x2d3\\x2dweb\\x2d01.scope';

const FILES: Readonly<Record<string, string>> = {
  'cgroup.controllers': 'cpu io memory\n',
  'system.slice/cpu.max': 'max 100000\n',
  [`${SCOPE}/cpu.weight`]: '300\n',
  [`${SCOPE}/cpu.max`]: 'max 100000\n',
  [`${SCOPE}/libvirt/cpu.max`]: '150000 100000\n',
  [`${SCOPE}/libvirt/vcpu0/cpu.max`]: '60000 100000\n',
  [`${SCOPE}/libvirt/vcpu1/cpu.max`]: '60000 100000\n',
  [`${SCOPE}/libvirt/vcpu10/cpu.max`]: 'max 100000\n',
  [`${SCOPE}/libvirt/emulator/cpu.max`]: 'max 100000\n',
  [`${SCOPE}/libvirt/memory.max`]: '1073741824\n',
  [`${SCOPE}/libvirt/memory.high`]: 'max\n',
  [`${SCOPE}/libvirt/memory.swap.max`]: 'max\n',
  [`${SCOPE}/libvirt/io.max`]:
    '254:0 rbps=max wbps=1048576 riops=max wiops=100\n8:16 rbps=7 wbps=max riops=max wiops=max\n',
  // In a partition of its own, with a name that looks like another id, and with nothing in io.max.
  'machine.slice/machine-gold.slice/machine-qemu\\x2d12\\x2dmachine\\x2dqemu\\x2d3\\x2dx.scope/libvirt/io.max':
    '',
  'machine.slice/machine-lxc\\x2d3\\x2dweb.scope/libvirt/cpu.max': '1 2\n',
  // Anybody may make a scope of any name below their own slice.
  'user.slice/user-1000.slice/machine-qemu\\x2d3\\x2dweb.scope/libvirt/memory.max': '1\n',
};

function tell(files: Readonly<Record<string, string>>, uri = 'qemu:///system'): string {
  const root = mkdtempSync(join(tmpdir(), 'virtune-cgroup-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  const program = `m=M u=${uri} y=1; ${CGROUPS.replaceAll('/sys/fs/cgroup', root)}`;
  return execFileSync('sh', ['-c', program], { encoding: 'utf8' });
}

it('is told by the id of each start, whatever names are', () => {
  const told = tell(FILES);
  expect(told.startsWith('M:k:cgroups\nok\n')).toBe(true);
  const state = parseCgroups(told.slice('M:k:cgroups\n'.length));
  const vms = [...('vms' in state ? state.vms : [])].sort(([a], [b]) => a - b);
  expect(vms.map(([id]) => id)).toEqual([3, 12]);
  const [[, web], [, other]] = vms as [(typeof vms)[0], (typeof vms)[0]];
  expect({ ...web, vcpus: web.vcpus.toSorted((a, b) => (a?.quota ?? 0) - (b?.quota ?? 0)) }).toEqual({
    weight: 300,
    total: { quota: 150_000, period: 100_000 },
    vcpus: [null, { quota: 60_000, period: 100_000 }],
    memory: { 'memory.max': 1_073_741_824, 'memory.high': null, 'memory.swap.max': null },
    io: new Map([
      ['254:0', { rbps: null, wbps: 1_048_576, riops: null, wiops: 100 }],
      ['8:16', { rbps: 7, wbps: null, riops: null, wiops: null }],
    ]),
  });
  expect(other).toEqual({ vcpus: [], memory: {}, io: new Map() });
});

it('is not known of cgroup v1, of another host, and of a session', () => {
  expect(parseCgroups(tell({ 'cpu/x': '' }).slice('M:k:cgroups\n'.length))).toEqual({
    unknown: expect.stringMatching(/cgroup v1, which is not read/),
  });
  expect(tell(FILES, 'qemu+ssh://other/system')).toBe('');
  expect(parseCgroups(tell(FILES, 'qemu:///session').slice('M:k:cgroups\n'.length))).toEqual({
    unknown: expect.stringMatching(/^libvirt is a user's own/),
  });
  expect(parseCgroups(null)).toHaveProperty('unknown');
  expect(parseCgroups('what')).toEqual({ unknown: 'the host does not tell of its cgroups' });
});

it('holds no value that it does not understand', () => {
  const said =
    'ok\n3 libvirt/cpu.max:x y\n3 cpu.weight:many\n3 libvirt/memory.max:-1\n3 libvirt/io.max:\nx cpu.weight:1\n';
  expect(parseCgroups(said)).toEqual({ vms: new Map([[3, { vcpus: [], memory: {}, io: new Map() }]]) });
});
