import { expect, it } from 'vitest';
import { isRacedByTc } from '../../../src/libvirt/errors.ts';

/** What tc said on a real kernel to the commands of virNetDevBandwidthSet, where what they stand on was missing or there. */
const said = (what: string, tc = 'tc') =>
  `internal error: Child process (${tc} filter add dev vnet0 parent ffff: protocol all u32 match u32 0 0 police rate 640kbps burst 640kb mtu 64kb drop flowid :1) unexpected exit status 2: ${what}`;

it.each([
  "Error: Parent Qdisc doesn't exists. We have an error talking to the kernel",
  'Error: Failed to find specified qdisc.',
  'Error: Specified class not found.',
  'Error: Exclusivity flag on, cannot modify.',
  'Error: Invalid handle.',
  'RTNETLINK answers: File exists',
  'RTNETLINK answers: No such file or directory',
])('another program was there: %s', (words) => {
  expect(isRacedByTc(said(words))).toBe(true);
  expect(isRacedByTc(said(words, '/usr/sbin/tc'))).toBe(true);
  expect(isRacedByTc(said(words, 'ip'))).toBe(false);
  expect(isRacedByTc(words)).toBe(false);
});

it.each([
  'Error: Specified qdisc kind is unknown.',
  'Error: Failed to load TC action module.',
  'Cannot find device "vnet0"',
  'RTNETLINK answers: Operation not permitted',
])('no second try would help: %s', (words) => expect(isRacedByTc(said(words))).toBe(false));
