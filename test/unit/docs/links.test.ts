import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../../..');
const { files } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { files: string[] };

/** What npm packs whatever `files` says. */
const ALWAYS = ['README.md', 'LICENSE', 'package.json'];
const DOCS = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const PACKED = ['README.md', 'CHANGELOG.md', ...DOCS];
const OTHERS = ['ARCHITECTURE.md', 'CONTRIBUTING.md', 'lab/README.md'];

const isPacked = (path: string): boolean =>
  ALWAYS.includes(path) || files.some((entry) => path === entry || path.startsWith(`${entry}/`));

interface Link {
  /** From the root of the project; that of the page itself for a link within it. */
  readonly path: string;
  readonly anchor: string;
}

function linksOf(page: string): readonly Link[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(/^```.*?^```$/gms, '');
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, url = '']) => url)
    .filter((url) => !/^[a-z]+:/.test(url))
    .map((url) => {
      const [path = '', anchor = ''] = url.split('#');
      const target = path === '' ? page : relative(ROOT, resolve(ROOT, dirname(page), path));
      return { path: target, anchor };
    });
}

/** As renderers of Markdown name headings. */
function anchorsOf(page: string): readonly string[] {
  const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(/^```.*?^```$/gms, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-'),
  );
}

describe.each([...PACKED, ...OTHERS])('the links of %s', (page) => {
  it('lead somewhere', () => {
    const dead = linksOf(page).filter(
      ({ path, anchor }) =>
        !existsSync(join(ROOT, path)) ||
        (anchor !== '' && statSync(join(ROOT, path)).isFile() && !anchorsOf(path).includes(anchor)),
    );
    expect(dead).toEqual([]);
  });

  it.runIf(PACKED.includes(page))('lead nowhere that an installed package does not have', () => {
    expect(linksOf(page).filter(({ path }) => !isPacked(path))).toEqual([]);
  });
});

it('every page is reached from the README', () => {
  const seen = new Set<string>(['README.md']);
  for (const page of seen)
    if (page.endsWith('.md')) for (const { path } of linksOf(page)) if (DOCS.includes(path)) seen.add(path);
  expect(DOCS.filter((page) => !seen.has(page))).toEqual([]);
});
