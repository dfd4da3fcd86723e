import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { drawDemo } from '../../scripts/pictures/demo.ts';
import { markOf, markOfPage } from '../../scripts/pictures/mark.ts';
import { markOfServed } from '../../scripts/pictures/page.ts';
import { withReport } from '../../scripts/pictures/report.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The lines of a picture of a terminal, without their looks. */
const words = (svg: string) =>
  [...svg.matchAll(/^<text y.*$/gm)].map(([line]) => line.replaceAll(/<[^>]*>/g, '\0').split(/\0+/));

it('the picture of the README shows what virtune prints: else draw it anew, npm run picture', async () => {
  const picture = readFileSync(join(ROOT, 'docs/pictures/demo.svg'), 'utf8');
  const drawn = await drawDemo(ROOT);
  expect(words(drawn).length).toBeGreaterThan(40);
  expect(words(picture)).toEqual(words(drawn));
  expect(picture).toBe(drawn);
});

it("the picture of a report shows today's words: else take it anew, npm run picture", async () => {
  const picture = readFileSync(join(ROOT, 'docs/pictures/report.png'));
  const today = await withReport(ROOT, (file) => markOfPage(readFileSync(file, 'utf8')));
  expect(markOf(picture)).toBe(today);
});

it("the picture of the page of a service shows today's words: else take it anew, npm run picture", async () => {
  const picture = readFileSync(join(ROOT, 'docs/pictures/page.png'));
  expect(markOf(picture)).toBe(await markOfServed());
});
