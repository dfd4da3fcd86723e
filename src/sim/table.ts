/**
 * virsh's tables (tools/vsh-table.c): a space before and two behind every cell, the last one unpadded.
 * Characters outside ASCII are shown as bytes, as in the C locale.
 * @param header left out, and its widths with it, by `-q`
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  quiet: boolean,
): string {
  const cells = (quiet ? rows : [header, ...rows]).map((row) => row.map(printable));
  const widths = header.map((_, column) => Math.max(0, ...cells.map((row) => row[column]?.length ?? 0)));
  const lines = cells.map((row) =>
    row.map((cell, i) => ` ${i === row.length - 1 ? cell : `${cell.padEnd(widths[i] ?? 0)}  `}`).join(''),
  );
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 3, 0));
  if (!quiet) lines.splice(1, 0, rule);
  return lines.map((line) => `${line}\n`).join('');
}

function printable(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return [...Buffer.from(text)]
    .map((byte) =>
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}
