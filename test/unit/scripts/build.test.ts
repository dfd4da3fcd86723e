import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manPage } from '../../../scripts/man/page.ts';
import { MODULES } from '../../../src/modules/index.ts';
import { PLAY_SCHEMA, playSchema } from '../../../src/playbook/play_schema.ts';
import { BLOCK_SCHEMA, TASK_SCHEMA, taskSchema } from '../../../src/playbook/task_schema.ts';

const ROOT = join(import.meta.dirname, '../../..');

interface Manifest {
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

describe('the build', () => {
  let dir = '';
  let dist = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-package-'));
    dist = join(dir, 'dist');
    execFileSync(process.execPath, ['esbuild.config.mjs', dist], { cwd: ROOT });
    cpSync(join(ROOT, 'package.json'), join(dir, 'package.json'));
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  /** Runs the built command line on a playbook, and the inventory of one host. */
  const runs = (command: readonly string[], playbook: string, node: readonly string[] = []) => {
    const file = join(dir, 'play.yml');
    writeFileSync(file, playbook);
    const main = join(dist, 'cli/main.js');
    const args = [...node, main, ...command, file, '-i', 'hv01,'];
    return spawnSync(process.execPath, args, { encoding: 'utf8', cwd: dir });
  };

  it('leaves what is installed outside of the bundle, and nothing else', () => {
    const code = readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFileSync(join(dist, name), 'utf8'));
    const imported = code.flatMap((text) =>
      [...text.matchAll(/^import [^'"]*?["']([^'".][^'"]*)["'];$|\bimport\("([^".][^"]*)"\)/gm)].map(
        ([, top, later]) => top ?? later ?? '',
      ),
    );
    const packages = imported
      .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
      .map((name) => name.split('/')[0]);
    expect([...new Set(packages)].sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  it('has the licence of each package that is in the bundle', () => {
    const text = readFileSync(join(dist, 'LICENSES.txt'), 'utf8');
    for (const name of ['ajv', 'commander', 'fast-xml-parser', 'p-limit', 'yaml']) {
      expect(text).toContain(`\n${name} ${manifest.devDependencies[name]} (`);
    }
    // Also of those that came along: the maps name all files that went in.
    const bundled = readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js.map'))
      .flatMap((name) => JSON.parse(readFileSync(join(dist, name), 'utf8')).sources as string[])
      .flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
    expect(new Set(bundled).size).toBeGreaterThan(8);
    for (const name of new Set(bundled)) expect(text).toContain(`\n${name} `);
    // Theirs are not in their packages: who made them, and where that is written.
    const without = [
      ...text.matchAll(/\n(\S+) \S+ \(.*\)\n\n\(no text of it in the package; by .+, .+\)\n/g),
    ];
    expect(without.map(([, name]) => name)).toEqual(['@nodable/entities']);
    expect(text).not.toContain('undefined');
    expect(text).toMatch(/\nyocto-queue \S+ \(MIT\)\n\n.*Permission/s);
    for (const name of Object.keys(manifest.dependencies)) expect(text).not.toContain(`\n${name} `);
  });

  it('has the man page of its command line, and nothing that it was made with', () => {
    expect(readFileSync(join(dist, 'virtune.1'), 'utf8')).toBe(manPage(manifest.version));
    expect(readdirSync(dist).sort()).toEqual([
      'LICENSES.txt',
      'api',
      'chunks',
      'cli',
      'compiled',
      'sim',
      'types',
      'virtune.1',
    ]);
  });

  it('has no compiler of schemas, but all of them compiled: they say what those of the source say', () => {
    const wrong = (schema: object) => {
      const { properties } = schema as { properties: Readonly<Record<string, unknown>> };
      return Object.fromEntries(Object.keys(properties).map((key) => [key, { x: [{}] }]));
    };
    const args = (schema: object) => ({
      ...wrong(schema),
      rules: [{ x: 1 }, 'x', { domain: [3], match: { x: 1 }, apply_to: 'x' }],
    });
    const cases = [
      ...MODULES.map(({ name, schema, parse }) => ({
        play: { hosts: 'all', tasks: [{ [name]: args(schema) }] },
        said: parse(args(schema)).diagnostics,
      })),
      { play: { ...wrong(PLAY_SCHEMA), hosts: 'all', tasks: [] }, said: playSchema(wrong(PLAY_SCHEMA)) },
      { play: { hosts: 'all', tasks: [wrong(TASK_SCHEMA)] }, said: taskSchema(wrong(TASK_SCHEMA)) },
      { play: { hosts: 'all', tasks: [{ ...wrong(BLOCK_SCHEMA), block: [] }] }, said: [] },
    ];
    const { stderr } = runs(['validate'], JSON.stringify(cases.map(({ play }) => play)));
    expect(stderr).not.toContain('internal error');
    const said = cases.flatMap((one) => one.said).filter(({ message }) => !/^"(hosts|tasks)"/.test(message));
    expect(said.length).toBeGreaterThan(50);
    for (const { message } of said) expect(stderr).toContain(`error: ${message}`);
  });

  /** The files that a command loads, of the bundle and of packages beside it. */
  const loads = (...args: readonly string[]): string => {
    const hooks =
      "export const load = (url, context, next) => { process._rawDebug('loads ' + url); return next(url, context); };";
    const register = `import { register } from 'node:module'; register(${JSON.stringify(asModule(hooks))});`;
    const node = ['--import', asModule(register), join(dist, 'cli/main.js'), ...args];
    const { stderr } = spawnSync(process.execPath, node, { encoding: 'utf8', cwd: dir });
    return stderr.match(/^loads .*/gm)?.join('\n') ?? '';
  };
  const asModule = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;

  it('loads nothing that a command does not use', () => {
    const tasks = [{ nic_limits: { rules: [{ domain: '*', rate: 'unlimited' }] } }];
    writeFileSync(join(dir, 'play.yml'), JSON.stringify([{ hosts: 'all', tasks }]));
    const hosts = ['play.yml', '-i', '127.0.0.1,', '-e', 'ansible_port=1'];
    const packages = /node_modules\/(ssh2|zx|listr2)\//;
    for (const args of [['--help'], ['validate', ...hosts], ['run', '--list-hosts', ...hosts]]) {
      const loaded = loads(...args);
      expect(loaded, args.join(' ')).toContain('cli/main.js');
      expect(loaded, args.join(' ')).not.toMatch(packages);
      expect(loaded, args.join(' ')).not.toMatch(/chunks\/(sshd|choose_transport|tree|table|local)-/);
    }
    // While ssh -G is asked, before any host is.
    expect(loads('run', '--check', ...hosts)).toMatch(/node_modules\/ssh2\//);
  });

  it('makes the tables of Unicode where a text needs them, and not before', () => {
    const none = asModule("Intl.Segmenter = class { constructor() { throw new Error('made'); } };");
    const play = (name: string) => `[{ name: ${name}, hosts: all, hots: all, tasks: [] }]`;
    const said = (name: string, ...node: string[]) => runs(['validate'], play(name), node).stderr;
    expect(said('plain', '--import', none)).toContain('unknown key "hots"');
    expect(said('漢字', '--import', none)).toContain('made');
    const [plain, wide] = ['abcd', '漢字'].map((name) => /^ *\|( *)\^/m.exec(said(name))?.[1]?.length);
    expect(plain).toBeGreaterThan(20);
    expect(wide).toBe(plain);
  });
});
