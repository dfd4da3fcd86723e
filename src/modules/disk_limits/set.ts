import type { SetCapability, SubjectChoice } from '../module.ts';
import { KINDS, WAYS } from './settings.ts';

/** `--disk vda` */
export const diskChoice: SubjectChoice = {
  option: { flags: '--disk <target>', description: 'the name of a disk in libvirt, e.g. vda, or all' },
  key: 'disk',
  names: (word) => (subject) => word === 'all' || subject.target === word,
};

const OPTIONS = KINDS.flatMap((kind) =>
  WAYS.map((way) => ({
    key: `${way}${kind === 'bytes' ? 'Bytes' : 'Iops'}Sec`,
    argument: `${way}_${kind}_sec`,
    flags: `--${way}-${kind}-sec <amount>`,
    description:
      kind === 'bytes' ? 'of disks, e.g. "50 MB/s" or unlimited' : 'of disks, e.g. 500 or unlimited',
  })),
);

/** `virtune set HOST DOMAIN --disk vda --total-bytes-sec 50MB/s`. */
export const setDisk: SetCapability = {
  options: OPTIONS.map(({ flags, description }) => ({ flags, description })),
  rule: (options) => {
    const given = OPTIONS.flatMap(({ key, argument }): [string, string][] => {
      const text = options[key];
      return text === undefined ? [] : [[argument, text]];
    });
    return given.length === 0 ? null : Object.fromEntries(given);
  },
};
