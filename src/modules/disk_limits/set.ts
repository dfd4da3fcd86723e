import { inputError } from '../../model/diagnostic.ts';
import type { SetCapability, SubjectChoice } from '../module.ts';
import { KINDS, WAYS } from './settings.ts';

/** `--disk vda` */
export const diskChoice: SubjectChoice = {
  option: { flags: '--disk <target>', description: 'the name of a disk in libvirt, e.g. vda, or all' },
  key: 'disk',
  names: (word) => {
    const disk = toDisk(word);
    return (subject) => disk === 'all' || subject.target === disk;
  },
};

/** @throws InputError for a word that can name none: a rule would take a glob */
function toDisk(word: string): string {
  if (/^[A-Za-z0-9]+$/.test(word)) return word;
  throw inputError(`--disk ${word} names no disk`, 'give its name in libvirt, e.g. vda, or all');
}

interface Option {
  readonly key: string;
  readonly argument: string;
  readonly flags: string;
  readonly description: string;
}

const LIMITS = KINDS.flatMap((kind) =>
  WAYS.map(
    (way): Option => ({
      key: `${way}${kind === 'bytes' ? 'Bytes' : 'Iops'}Sec`,
      argument: `${way}_${kind}_sec`,
      flags: `--${way}-${kind}-sec <amount>`,
      description:
        kind === 'bytes' ? 'of disks, e.g. "50 MB/s" or unlimited' : 'of disks, e.g. 500 or unlimited',
    }),
  ),
);

const OTHERS: readonly Option[] = [
  {
    key: 'iopsSize',
    argument: 'iops_size',
    flags: '--iops-size <size>',
    description: 'larger operations of disks count as several, e.g. 16KiB',
  },
  {
    key: 'diskGroup',
    argument: 'group',
    flags: '--disk-group <name>',
    description: 'disks of a VM that share the limits, or none',
  },
];

const BURSTS: readonly Option[] = [
  {
    key: 'burstBytes',
    argument: 'bytes',
    flags: '--burst-bytes <amount>',
    description: 'what disks may do for a while, e.g. "100 MB/s"',
  },
  {
    key: 'burstIops',
    argument: 'iops',
    flags: '--burst-iops <amount>',
    description: 'the same of operations, e.g. 1000',
  },
  {
    key: 'burstFor',
    argument: 'for',
    flags: '--burst-for <seconds>',
    description: 'how long the bursts of disks last, e.g. 5',
  },
];

const LIST = [...LIMITS, ...BURSTS, ...OTHERS];

/** `virtune set HOST DOMAIN --disk vda --total-bytes-sec 50MB/s`. */
export const setDisk: SetCapability = {
  examples: [['what one disk reads and writes', '--disk vda --total-bytes-sec 50MB/s']],
  options: LIST.map(({ flags, description }) => ({ flags, description })),
  rule: (options) => {
    const given = (list: readonly Option[]) =>
      list.flatMap(({ key, argument }): [string, string][] => {
        const text = options[key];
        return text === undefined ? [] : [[argument, text]];
      });
    const burst = given(BURSTS);
    const rule = {
      ...Object.fromEntries(given([...LIMITS, ...OTHERS])),
      ...(burst.length === 0 ? {} : { burst: Object.fromEntries(burst) }),
    };
    const { disk } = options;
    if (disk !== undefined) return { disk: toDisk(disk), ...rule };
    if (Object.keys(rule).length === 0) return null;
    throw inputError('limits of disks need --disk', 'give the name of a disk in libvirt, e.g. vda, or all');
  },
};
