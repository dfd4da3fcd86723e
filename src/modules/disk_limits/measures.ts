import type { Values } from '../../model/change.ts';
import type { Measure } from '../measure.ts';
import { formatIo, parseIo } from '../shared/io_amounts.ts';
import { KINDS, type Kind, numberOf, WAYS } from './settings.ts';

type Way = (typeof WAYS)[number];

/** What may be read, written, or both: a disk that has a total has reads and writes within it, and the other way round. */
export const DISK_MEASURES: readonly Measure[] = KINDS.flatMap((kind) =>
  WAYS.map((way) => ({
    name: `${way}_${kind}_sec`,
    parse: (written: unknown) => parseIo(written, kind),
    format: (value: number) => formatIo(value, kind === 'bytes'),
    of: (values: Values) => mostOf(kind, way, values),
  })),
);

function mostOf(kind: Kind, way: Way, values: Values): number | null | undefined {
  const named = WAYS.some((one) => values[`${one}_${kind}_sec`] !== undefined);
  if (!named) return undefined;
  const [total, read, write] = WAYS.map((one) => numberOf(values, `${one}_${kind}_sec`)) as [
    number | null,
    number | null,
    number | null,
  ];
  if (way !== 'total') return (way === 'read' ? read : write) ?? total;
  return total ?? (read === null || write === null ? null : read + write);
}
