/** Controls and formats as {@link printable} has them; line breaks are JSON's own. */
const UNSAFE = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A value as JSON that says the same, and is harmless to a terminal and to the log of a CI platform: no character in it
 * moves a cursor or turns text around, and `##[name` and its like are no commands. (No line begins with a foreign
 * character, so that `::name` cannot be one.)
 * @param indent blanks a level; 0 for one line
 */
export function jsonText(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent)
    .replaceAll(UNSAFE, (char) => [...Array(char.length).keys()].map((at) => unit(char, at)).join(''))
    .replaceAll(/##(?=\[|vso\[|teamcity\[)/gi, '#\\u0023');
}

function unit(char: string, at: number): string {
  return `\\u${char.charCodeAt(at).toString(16).padStart(4, '0')}`;
}
