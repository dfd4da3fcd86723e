import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { recordDemo } from './record.ts';
import { photographReport } from './report.ts';
import { renderSvg } from './svg.ts';

/**
 * Draws docs/pictures/demo.svg from a real run on the demo fleet, in a real pseudo-terminal, and takes a picture of its
 * HTML report, docs/pictures/report.png:
 *
 *   npm run picture
 *
 * Needs tmux, chromium and a build (`npm run build`).
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COLUMNS = 108;

const lines = await recordDemo(ROOT, COLUMNS);
const file = join(ROOT, 'docs/pictures/demo.svg');
await writeFile(file, renderSvg(lines, { columns: COLUMNS, title: 'virtune on a simulated fleet' }));
process.stdout.write(`${file}: ${lines.length} lines\n`);

const picture = join(ROOT, 'docs/pictures/report.png');
await photographReport(ROOT, picture);
process.stdout.write(`${picture}\n`);
