import { randomBytes } from 'node:crypto';

/** A host cannot know it beforehand, so nothing that it stores can be taken for the frame of an answer. */
export function newMarker(): string {
  return `vt${randomBytes(12).toString('hex')}`;
}
