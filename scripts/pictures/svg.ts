/** One stretch of a line in one look. */
interface Run {
  readonly column: number;
  readonly text: string;
  readonly style: Style;
}

interface Style {
  readonly color: string;
  readonly bold: boolean;
  readonly dim: boolean;
}

const PLAIN: Style = { color: 'white', bold: false, dim: false };

/** ANSI's eight colours, as names of classes. */
const NAMES = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** Each has a contrast of at least 4.5 : 1 on the window's background. */
const COLORS: Readonly<Record<string, string>> = {
  black: '#8b949e',
  red: '#ff7b72',
  green: '#56d364',
  yellow: '#e3b341',
  blue: '#79c0ff',
  magenta: '#d2a8ff',
  cyan: '#76e3ea',
  white: '#e6edf3',
};
const DIM = '#9aa4af';
const BACKGROUND = '#0d1117';
const FRAME = '#3d444d';

const FONT_SIZE = 13;
const CELL = 7.8;
const LINE = 16.5;
const MARGIN = 16;
const BAR = 34;

/** Lines with escape sequences as a picture of a terminal window that looks the same on a light and a dark page. */
export function renderSvg(
  lines: readonly string[],
  { columns, title }: { columns: number; title: string },
): string {
  const width = Math.ceil(columns * CELL + 2 * MARGIN);
  const height = Math.ceil(BAR + lines.length * LINE + MARGIN);
  const rows: string[] = [];
  let style = PLAIN;
  for (const [row, line] of lines.entries()) {
    const parsed = parseRuns(line, style);
    style = parsed.style;
    const runs = parsed.runs.map(renderRun);
    if (runs.length > 0) rows.push(`<text y="${BAR + (row + 1) * LINE - 4}">${runs.join('')}</text>`);
  }
  const classes = Object.entries(COLORS).map(([name, color]) => `.${name}{fill:${color}}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<style>
text{font:${FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono","Liberation Mono",monospace;white-space:pre}
${classes.join('')}.dim{fill:${DIM}}.bold{font-weight:700}
</style>
<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${BACKGROUND}" stroke="${FRAME}"/>
<circle cx="18" cy="17" r="5" fill="#ff5f57"/><circle cx="36" cy="17" r="5" fill="#febc2e"/><circle cx="54" cy="17" r="5" fill="#28c840"/>
<text x="${width / 2}" y="21" text-anchor="middle" class="dim">${escapeXml(title)}</text>
${rows.join('\n')}
</svg>
`;
}

/** Every run is put at its column and given its length, so that no viewer's font can push columns apart. */
function renderRun({ column, text, style }: Run): string {
  const classes = [style.dim ? 'dim' : style.color, style.bold ? 'bold' : ''].filter(Boolean).join(' ');
  const x = round(MARGIN + column * CELL);
  const length = round(width(text) * CELL);
  return `<tspan x="${x}" textLength="${length}" lengthAdjust="spacingAndGlyphs" class="${classes}">${escapeXml(text)}</tspan>`;
}

/** @param style as the line before left it: a terminal's colours go on over line ends */
function parseRuns(line: string, style: Style): { readonly runs: readonly Run[]; readonly style: Style } {
  const runs: Run[] = [];
  let now = style;
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal sends
  for (const part of line.trimEnd().split(/(\x1b\[[0-9;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
    const codes = /^\x1b\[([0-9;]*)m$/.exec(part)?.[1];
    if (codes !== undefined) {
      for (const code of codes.split(';')) now = { ...now, ...change(Number(code)) };
      continue;
    }
    const text = part.trim();
    if (text !== '') {
      runs.push({ column: column + width(part) - width(part.trimStart()), text, style: now });
    }
    column += width(part);
  }
  return { runs, style: now };
}

function change(code: number): Partial<Style> {
  if (code === 0) return PLAIN;
  if (code === 1) return { bold: true };
  if (code === 2) return { dim: true };
  if (code === 22) return { bold: false, dim: false };
  if (code === 39) return { color: PLAIN.color };
  const color = NAMES[code >= 90 ? code - 90 : code - 30];
  return color === undefined ? {} : { color };
}

/** Columns; nothing in the picture is wider than one. */
function width(text: string): number {
  return [...text].length;
}

function round(number: number): number {
  return Math.round(number * 100) / 100;
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
