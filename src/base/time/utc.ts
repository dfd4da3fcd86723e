/** An ISO time in UTC as people read it, to the second: `2026-11-27 12:36:32 UTC`. */
export function utcText(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}
