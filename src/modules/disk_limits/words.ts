import type { Values } from '../../model/change.ts';
import { KINDS, type Kind, numberOf, settingsOf, WAYS } from './settings.ts';

/**
 * The whole of a kind: base, burst and length, zeros included. libvirt resets the siblings of what is named, keeps
 * what is not, and in the configuration takes a burst without its base, with which the VM does not start.
 */
export function kindWords(kind: Kind, values: Values): readonly string[] {
  const byWay = ['read', 'write'].some((way) => numberOf(values, `${way}_${kind}_sec`) !== null);
  const ways = WAYS.filter((way) => (way === 'total') !== byWay);
  const families = ['', '_max', '_max_length'].flatMap((end) =>
    ways.flatMap((way) => {
      const name = `${way}_${kind}_sec`;
      const hasBurst = numberOf(values, `${name}_max`) !== null;
      const least = end === '_max_length' && hasBurst ? 1 : 0;
      return [`--${name}${end}`.replaceAll('_', '-'), String(numberOf(values, `${name}${end}`) ?? least)];
    }),
  );
  if (kind === 'bytes') return families;
  return [...families, '--size-iops-sec', String(numberOf(values, 'size_iops_sec') ?? 0)];
}

/** Takes away all limits, and with them the disk out of its group. */
export function clearWords(current: Values): readonly string[] {
  return KINDS.flatMap((kind) => {
    const isSet = settingsOf(kind).some(({ name }) => numberOf(current, name) !== null);
    return isSet ? kindWords(kind, {}) : [];
  });
}
