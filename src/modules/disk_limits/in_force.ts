import type { KernelState, Values } from '../../model/change.ts';
import { type LimitInForce, notKnown, stateInForce } from '../shared/in_force.ts';
import { GROUP, KINDS, wholeKind } from './settings.ts';
import { shortOf } from './text.ts';

/**
 * What QEMU holds a disk of a running VM to, beside what libvirt describes.
 * @param found QEMU's numbers by libvirt's names; null where it did not tell
 */
export function diskInForce(described: Values, found: Readonly<Record<string, number>> | null): KernelState {
  if (found === null) return notKnown('QEMU did not tell what it holds it to');
  const limits = KINDS.map((kind): LimitInForce => {
    const own = wholeKind(kind, found);
    return {
      what: kind,
      described: Object.fromEntries(Object.keys(own).map((name) => [name, described[name] ?? null])),
      found: own,
      say: (values) => shortOf(kind, values),
    };
  });
  const state = stateInForce(limits, 'QEMU');
  // Of a disk by itself QEMU has a group, too, which libvirt does not describe.
  return { ...state, values: { ...state.values, [GROUP]: described[GROUP] ?? null } };
}
