import { subjectId } from '../engine/merge.ts';
import type { Cause } from '../model/cause.ts';
import type { Change } from '../model/change.ts';
import { AS_DECLARED } from '../model/status.ts';

/** Why subjects differ that could not be set right at once: the next look only sees that they still do. */
export interface Lasting {
  /** A change with the cause that its difference had when it was first seen. */
  readonly told: (change: Change) => Change;
  /** @param isAll these are all subjects of the hypervisor */
  readonly note: (changes: readonly Change[], isAll: boolean) => void;
}

export function lasting(): Lasting {
  let known = new Map<string, Cause>();
  return {
    told: (change) => {
      if (change.cause?.kind !== 'stillDiffers') return change;
      return { ...change, cause: known.get(subjectId(change)) ?? { kind: 'stillDiffers', text: BEFORE } };
    },
    note: (changes, isAll) => {
      if (isAll) known = new Map();
      for (const change of changes) {
        const { cause, status } = change;
        if (cause === undefined || AS_DECLARED.includes(status)) known.delete(subjectId(change));
        else known.set(subjectId(change), cause);
      }
    },
  };
}

const BEFORE = 'it has differed since this watch first looked at it';
