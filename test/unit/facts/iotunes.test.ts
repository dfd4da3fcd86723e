import { expect, it } from 'vitest';
import { parseIotunes } from '../../../src/facts/iotunes.ts';
import { diskInForce } from '../../../src/modules/disk_limits/in_force.ts';

/** What `virsh -r blkdeviotune UUID vda --live` printed on libvirt 9.0.0, where QEMU was told 5000 and 7. */
const SAID = `@u1:vda

total_bytes_sec: 5000
read_bytes_sec : 0
total_iops_sec : 7
total_bytes_sec_max: 0
size_iops_sec  : 0
group_name     : /machine/peripheral/virtio-disk0/virtio-backend
total_bytes_sec_max_length: 1

@u1:vdb

@u2:sda
total_bytes_sec: 9
`;

it('what QEMU has of disks is read by VM and disk, and what it does not tell is not known', () => {
  const found = parseIotunes(SAID);
  expect([...found.keys()]).toEqual(['u1:vda', 'u1:vdb', 'u2:sda']);
  expect(found.get('u1:vda')).toMatchObject({ total_bytes_sec: 5000, total_iops_sec: 7, read_bytes_sec: 0 });
  expect(found.get('u1:vdb')).toBeNull();
  expect(parseIotunes(null).size).toBe(0);
});

it('is held against what libvirt describes, lengths that mean nothing apart', () => {
  const found = parseIotunes(SAID).get('u1:vda') ?? null;
  const drift = (described: Readonly<Record<string, number>>) => diskInForce(described, found).drift;
  expect(drift({ total_bytes_sec: 5000, total_iops_sec: 7 })).toEqual([]);
  expect(drift({ total_bytes_sec: 6000, total_iops_sec: 7 }).map(({ kind, text }) => [kind, text])).toEqual([
    ['differs', 'bytes: QEMU limits to 5 kB/s; libvirt describes 6 kB/s'],
  ]);
  expect(drift({ total_bytes_sec: 5000 }).map(({ kind }) => kind)).toEqual(['leftover']);
  expect(drift({ read_iops_sec: 7, total_bytes_sec: 5000 }).map(({ kind }) => kind)).toEqual(['differs']);
  expect(diskInForce({ total_bytes_sec: 1 }, { total_bytes_sec: 0 }).drift.map(({ kind }) => kind)).toEqual([
    'missing',
  ]);
  expect(diskInForce({}, null)).toMatchObject({ values: null, drift: [], unknown: expect.any(String) });
});
