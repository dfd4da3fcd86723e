import { THROTTLES } from '../../facts/blkiotune.ts';
import { type Measure, ofSetting } from '../measure.ts';
import { formatIo, parseIo } from '../shared/io_amounts.ts';
import { formOf, isBytes } from './settings.ts';

export const BLOCK_MEASURES: readonly Measure[] = THROTTLES.map((name) => ({
  name,
  parse: (written) => parseIo(written, formOf(name)),
  format: (value) => formatIo(value, isBytes(name)),
  of: ofSetting(name),
}));
