import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawDemo } from './demo.ts';
import { photographPage } from './page.ts';
import { photographReport } from './report.ts';

/**
 * Draws docs/pictures/demo.svg from a real run on the demo fleet, in a real pseudo-terminal, and takes a picture of its
 * HTML report, docs/pictures/report.png, and one of the page of a service, docs/pictures/page.png. A test holds them against
 * what virtune says today.
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

const served = join(ROOT, 'docs/pictures/page.png');
await writeFile(served, await photographPage());
process.stdout.write(`${served}\n`);
