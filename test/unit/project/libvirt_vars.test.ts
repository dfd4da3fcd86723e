import { expect, it } from 'vitest';
import { hypervisorOf } from '../../../src/engine/hypervisor.ts';
import type { HostJob } from '../../../src/engine/job.ts';
import { libvirtAccess } from '../../../src/project/libvirt_vars.ts';

it.each([
  [{}, { uri: 'qemu:///system' }],
  [{ ansible_libvirt_uri: 'qemu:///session' }, { uri: 'qemu:///session' }],
  [{ ansible_libvirt_uri: 'qemu:///session', libvirt_uri: 'qemu:///embed' }, { uri: 'qemu:///embed' }],
  [{ libvirt_virsh: 'virsh' }, { uri: 'qemu:///system' }],
  [{ libvirt_virsh: null }, { uri: 'qemu:///system' }],
  [
    { libvirt_virsh: ' podman  exec nova_libvirt virsh' },
    { uri: 'qemu:///system', virsh: 'podman exec nova_libvirt virsh' },
  ],
  [{ libvirt_virsh: ['virsh'] }, null],
  [{ libvirt_virsh: 'rm -rf /' }, null],
])('%j', (vars, access) => {
  const read = libvirtAccess(vars);
  expect(read.access).toEqual(access);
  expect(read.diagnostics.map(({ severity }) => severity)).toEqual(access === null ? ['error'] : []);
});

it('another virsh may be another libvirt', () => {
  const target = { kind: 'ssh', address: 'hv1', port: 22, user: 'root' } as unknown as HostJob['target'];
  const key = (virsh?: string) =>
    hypervisorOf({ name: 'hv1', uri: 'qemu:///system', tasks: [], target, virsh });
  expect(key('podman exec nova_libvirt virsh')).not.toBe(key());
  expect(key()).toBe(key(undefined));
});
