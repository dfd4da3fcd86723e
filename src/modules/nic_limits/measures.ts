import { formatRate, formatSize, parseRate, parseSize } from '../../base/units.ts';
import { type Measure, ofSetting } from '../measure.ts';
import { NIC_SETTINGS } from './settings.ts';

/** Every number of a NIC. Only an average that is not set means no limit. */
export const NIC_MEASURES: readonly Measure[] = NIC_SETTINGS.map(({ name }) => ({
  name,
  ...(name.endsWith('.burst')
    ? { parse: parseSize, format: formatSize }
    : { parse: parseRate, format: formatRate }),
  of: ofSetting(name, !name.endsWith('.average')),
}));
