import { randomBytes } from 'node:crypto';

/** What holds for every host of a run. */
export interface HostContext {
  readonly check: boolean;
  /** Ends connections at once. */
  readonly signal: AbortSignal;
  /** How often a domain that another job holds is tried again; libvirt waits 30 s each time by itself. */
  readonly busyRetries: number;
  readonly busyDelayMs: number;
}

/** A host cannot know it beforehand, so nothing that it stores can be taken for the frame of an answer. */
export function newMarker(): string {
  return `vt${randomBytes(12).toString('hex')}`;
}
