import { printable } from '../../base/text.ts';

/** Text as HTML, within an element or an attribute in double quotes; controls and turning marks become visible. */
export function text(foreign: string): string {
  return printable(foreign)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll('##', '#&#35;')
    .replaceAll(/\p{Cs}|[\ufffe\uffff]/gu, '\ufffd');
}

/** Text that is to be read letter by letter: names, numbers, commands. */
export function code(foreign: string): string {
  return `<code>${text(foreign)}</code>`;
}
