import { formatRate, formatSize, parseRate, parseSize } from '../../base/units.ts';
import { type Measure, ofSetting } from '../measure.ts';
import { portMeasured } from './port/measure.ts';
import { LIBVIRT_SETTINGS } from './settings.ts';

/** Every number of a NIC, whoever limits it. Only an average that is not set means no limit. */
export const NIC_MEASURES: readonly Measure[] = LIBVIRT_SETTINGS.map(({ name }) => ({
  name,
  ...(name.endsWith('.burst')
    ? { parse: parseSize, format: formatSize }
    : { parse: parseRate, format: formatRate }),
  of: portMeasured(name, ofSetting(name, !name.endsWith('.average'))),
}));
