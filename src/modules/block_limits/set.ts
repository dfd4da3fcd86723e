import { THROTTLES } from '../../facts/blkiotune.ts';
import { inputError } from '../../model/diagnostic.ts';
import type { SetCapability, SubjectChoice } from '../module.ts';
import { isBytes } from './settings.ts';

/** `--device /dev/sda` */
export const blockChoice: SubjectChoice = {
  option: { flags: '--device <path>', description: 'a block device of the host, e.g. /dev/sda' },
  key: 'device',
  names: (word) => (subject) => subject.path === word,
};

const OPTIONS = THROTTLES.map((name) => ({
  key: `device${name.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`,
  argument: name,
  flags: `--device-${name.replaceAll('_', '-')} <amount>`,
  description: `of that device, e.g. ${isBytes(name) ? '"50 MB/s"' : '500'} or unlimited`,
}));

/** `virtune set HOST DOMAIN --device /dev/sda --device-read-bytes-sec 50MB/s`, virsh's own names. */
export const setBlock: SetCapability = {
  options: OPTIONS.map(({ flags, description }) => ({ flags, description })),
  rule: (options) => {
    const given = OPTIONS.flatMap(({ key, argument }): [string, string][] => {
      const text = options[key];
      return text === undefined ? [] : [[argument, text]];
    });
    const { device } = options;
    if (given.length === 0) return null;
    if (device === undefined)
      throw inputError('limits of a block device need --device', 'give its path on the host, e.g. /dev/sda');
    return { device, ...Object.fromEntries(given) };
  },
};
