import { THROTTLES, type Throttle } from '../../facts/blkiotune.ts';
import type { IoMax, VmCgroup } from '../../facts/cgroups.ts';
import type { KernelState, Values } from '../../model/change.ts';
import { type LimitInForce, notKnown, stateInForce } from '../shared/in_force.ts';
import { shortOf } from './text.ts';

const KEYS: Readonly<Record<Throttle, keyof IoMax>> = {
  read_bytes_sec: 'rbps',
  write_bytes_sec: 'wbps',
  read_iops_sec: 'riops',
  write_iops_sec: 'wiops',
};

/**
 * What cgroup v2 lets a running VM read and write of a block device, beside what libvirt describes.
 * @param device its number, '' where it is not known, and other names by which libvirt limits it
 */
export function blockInForce(
  limits: Values,
  { number, others }: { readonly number: string; readonly others: readonly string[] },
  cgroup: VmCgroup | { readonly unknown: string },
): KernelState {
  if ('unknown' in cgroup) return notKnown(cgroup.unknown);
  if (number === '') return notKnown('it is not known which block device of the host it is');
  // What the kernel does then is of all of them.
  if (others.length > 0) return notKnown('libvirt has limits of it by several names');
  const { io } = cgroup;
  const found = io?.get(number);
  return stateInForce(
    THROTTLES.map(
      (name): LimitInForce => ({
        what: name.replaceAll('_', ' '),
        described: { [name]: limits[name] ?? null },
        found: io === undefined ? undefined : { [name]: found?.[KEYS[name]] ?? null },
        say: (values) => shortOf(name, values),
      }),
    ),
  );
}
