import { createHash } from 'node:crypto';

/** A UUID that depends on the text alone: simulated fleets are the same at every start. */
export function uuidOf(text: string): string {
  const hex = createHash('md5').update(text).digest('hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** A MAC in QEMU's range that depends on the text alone. */
export function macOf(text: string): string {
  const hex = createHash('md5').update(text).digest('hex');
  return `52:54:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}`;
}
