import { describe, expect, it } from 'vitest';
import { importsOf } from '../../../scripts/structure/imports.ts';
import { roomsOf } from '../../../scripts/structure/rooms.ts';
import { violations } from '../../../scripts/structure/rules.ts';

const ROOMS = roomsOf(`
| folder | I/O | what it does |
|---|---|---|
| \`src/base\` | none | text |
| \`src/engine\` | connections | runs |
| \`src/cli\` | all | options |
`);

function found(files: Readonly<Record<string, string>>): readonly string[] {
  const all = { 'src/base/a.ts': '', 'src/engine/a.ts': '', 'src/cli/a.ts': '', ...files };
  return violations(new Map(Object.entries(all).map(([file, text]) => [file, importsOf(file, text)])), ROOMS);
}

describe('the structure', () => {
  it('lets a room import from those above it, and from itself', () => {
    const text =
      "import { a } from '../base/a.ts';\nimport type { B } from './b.ts';\nimport x from 'ssh2';\n";
    expect(found({ 'src/engine/a.ts': text, 'src/engine/b.ts': '' })).toEqual([]);
  });

  it.each([
    ["import { a } from '../cli/a.ts';", 1],
    ["import type { A } from '../cli/a.ts';", 1],
    ["import {\n  a,\n  type B,\n} from '../cli/a.ts';", 4],
    ["export * from '../cli/a.ts';", 1],
    ["import '../cli/a.ts';", 1],
    ["\nconst a = x === 'y' ? (await import('../cli/a.ts')).a : null;", 2],
    ["let a: import('../cli/a.ts').A;", 1],
  ])('names an import that goes up: %j', (text, line) => {
    expect(found({ 'src/engine/a.ts': text })).toEqual([
      `src/engine/a.ts:${line} imports src/cli/a.ts: src/cli stands below src/engine in the code map`,
    ]);
  });

  it.each([
    'node:fs',
    'node:fs/promises',
    'node:child_process',
    'node:net',
    'node:process',
    'ssh2',
    'zx/core',
  ])('names I/O where there is none: %s', (target) => {
    expect(found({ 'src/base/a.ts': `import x from '${target}';` })).toEqual([
      `src/base/a.ts:1 imports ${target}: src/base has no I/O, says the code map`,
    ]);
  });

  it('lets a pure room compute', () => {
    expect(found({ 'src/base/a.ts': "import a from 'node:crypto';\nimport b from 'yaml';" })).toEqual([]);
  });

  it('names imports that go round, types too', () => {
    const a = "import type { B } from './b.ts';";
    const b = "import type { A } from './a.ts';";
    expect(found({ 'src/base/a.ts': a, 'src/base/b.ts': b })).toEqual([
      'imports go round: src/base/a.ts → src/base/b.ts → src/base/a.ts',
    ]);
  });

  it('names folders that the map does not have, rows without a folder, and what is not below src', () => {
    expect(found({ 'src/new/a.ts': '' })).toEqual(['src/new/a.ts: its folder has no row in the code map']);
    expect(violations(new Map([['src/base/a.ts', []]]), ROOMS)).toEqual([
      'src/engine: in the code map, but there is no such folder',
      'src/cli: in the code map, but there is no such folder',
    ]);
    expect(found({ 'src/cli/a.ts': "import { x } from '../../bench/x.ts';" })).toEqual([
      'src/cli/a.ts:1 imports bench/x.ts: it is not below src',
    ]);
  });

  it('lets no module know another, and all of them what they share', () => {
    const rooms = roomsOf(`
| folder | I/O | what it does |
|---|---|---|
| \`src/modules\` | none | limits |
`);
    const of = (files: Readonly<Record<string, string>>) =>
      violations(new Map(Object.entries(files).map(([file, text]) => [file, importsOf(file, text)])), rooms);
    expect(
      of({
        'src/modules/index.ts': "import { a } from './a/index.ts';",
        'src/modules/a/index.ts': "import { s } from '../shared/s.ts';\nimport { x } from './x.ts';",
        'src/modules/a/x.ts': "import type { M } from '../module.ts';",
      }),
    ).toEqual([]);
    const two = of({
      'src/modules/a/index.ts': "import type { B } from '../b/index.ts';",
      'src/modules/shared/s.ts': "import { b } from '../b/index.ts';",
    });
    expect(two).toHaveLength(2);
    for (const line of two) expect(line).toContain('modules do not know each other');
  });

  it('wants to be told what I/O a room has', () => {
    expect(() => roomsOf('| `src/base` |  | text |')).toThrow('src/base');
  });
});
