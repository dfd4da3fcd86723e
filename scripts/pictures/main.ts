import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawDemo } from './demo.ts';
import { photographReport } from './report.ts';

/**
 * Draws docs/pictures/demo.svg from a real run on the demo fleet, in a real pseudo-terminal, and takes a picture of its
 * HTML report, docs/pictures/report.png. A test holds both against what virtune says today.
 *
 *   npm run picture
 *
 * Needs util-linux's script, chromium and a build (`npm run build`).
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const file = join(ROOT, 'docs/pictures/demo.svg');
await writeFile(file, await drawDemo(ROOT));
process.stdout.write(`${file}\n`);

const picture = join(ROOT, 'docs/pictures/report.png');
await writeFile(picture, await photographReport(ROOT));
process.stdout.write(`${picture}\n`);
