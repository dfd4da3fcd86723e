import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manPage } from '../../../scripts/man/page.ts';
import * as api from '../../../src/api/index.ts';
import { MODULES } from '../../../src/modules/index.ts';
import { PLAY_SCHEMA, playSchema } from '../../../src/playbook/play_schema.ts';
import { BLOCK_SCHEMA, TASK_SCHEMA, taskSchema } from '../../../src/playbook/task_schema.ts';

const ROOT = join(import.meta.dirname, '../../..');

interface Manifest {
  readonly version: string;
  readonly dependencies?: unknown;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

/** A play that some host has none of, and a host that answers nothing. */
const PLAY = JSON.stringify([
  { hosts: 'all', tasks: [{ nic_limits: { rules: [{ domain: '*', rate: 'unlimited' }] } }] },
]);
const ON_HOST = ['limits.yml', '-i', '127.0.0.1,', '-e', 'ansible_port=1'];

describe('the build', () => {
  let dir = '';
  let dist = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-package-'));
    dist = join(dir, 'dist');
    cpSync(join(ROOT, 'package.json'), join(dir, 'package.json'));
    const built = spawnSync(process.execPath, ['esbuild.config.mjs', dist], { cwd: ROOT, encoding: 'utf8' });
    expect(built).toMatchObject({ status: 0, stderr: '' });
    writeFileSync(join(dir, 'limits.yml'), PLAY);
  }, 120_000);
  afterAll(() => rmSync(dir, { recursive: true }));

  /** Runs the built command line on a playbook, and the inventory of one host. */
  const runs = (command: readonly string[], playbook: string, node: readonly string[] = []) => {
    const file = join(dir, 'play.yml');
    writeFileSync(file, playbook);
    const main = join(dist, 'cli/main.js');
    const args = [...node, main, ...command, file, '-i', 'hv01,'];
    return spawnSync(process.execPath, args, { encoding: 'utf8', cwd: dir });
  };

  const codeFiles = (): readonly string[] =>
    readdirSync(join(dist, 'code'))
      .filter((name) => name.endsWith('.cjs'))
      .map((name) => join(dist, 'code', name));

  it('has all packages in it, and installs none', () => {
    expect(manifest.dependencies).toBeUndefined();
    const code = codeFiles().map((file) => readFileSync(file, 'utf8'));
    const required = code.flatMap((text) =>
      [...text.matchAll(/(?<!['"`])\brequire\("([^"]+)"\)/g)].map(([, name]) => name ?? ''),
    );
    const others = required.filter((name) => !name.startsWith('node:') && !builtinModules.includes(name));
    // ssh2 and pg without their native parts are in it; with ssh2's where somebody has it.
    expect([...new Set(others)].sort()).toEqual([
      './../pglite/index.cjs',
      './fastify.cjs',
      './listr2.cjs',
      './pg.cjs',
      './ssh2.cjs',
      './zx.cjs',
      'pg-native',
      'ssh2/lib/protocol/crypto/build/Release/sshcrypto.node',
      'ssh2/package.json',
    ]);
    for (const text of code) expect(/[^\0-\x7f]/.exec(text)).toBeNull();
  });

  it('gives programs what the source gives them', async () => {
    const built = (await import(join(dist, 'api/index.js'))) as Readonly<Record<string, unknown>>;
    expect(Object.keys(built).sort()).toEqual(Object.keys(api).sort());
    const wrong = (built.validate as typeof api.validate)({
      playbooks: [join(dir, 'none.yml')],
      inventory: ['hv01,'],
    });
    await expect(wrong).rejects.toThrow(built.InputError as typeof api.InputError);
  });

  it('has the licence of each package that is in the bundle', () => {
    const text = readFileSync(join(dist, 'LICENSES.txt'), 'utf8');
    for (const name of ['ajv', 'commander', 'fast-xml-parser', 'listr2', 'p-limit', 'ssh2', 'yaml', 'zx']) {
      expect(text).toContain(`\n${name} ${manifest.devDependencies[name]} (`);
    }
    // Also of those that came along: the maps name all files that went in.
    const bundled = readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.cjs.map'))
      .flatMap((name) => JSON.parse(readFileSync(join(dist, name), 'utf8')).sources as string[])
      .flatMap((file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
    expect(new Set(bundled).size).toBeGreaterThan(8);
    for (const name of new Set(bundled)) expect(text).toContain(`\n${name} `);
    // Theirs are not in their packages: who made them, and where that is written.
    const without = [
      ...text.matchAll(/\n(\S+) \S+ \(.*\)\n\n\(no text of it in the package; by .+, .+\)\n/g),
    ];
    expect(without.map(([, name]) => name)).toEqual([
      '@nodable/entities',
      'abstract-logging',
      'pg-types',
      'pgpass',
    ]);
    expect(text.replace('<undefined>', '')).not.toContain('undefined');
    expect(text).toMatch(/\nyocto-queue \S+ \(MIT\)\n\n.*Permission/s);
    // zx itself has packages in it, and names them.
    expect(text).toContain('@webpod/ps@');
  });

  it('has the man page of its command line, and nothing that it was made with', () => {
    expect(readFileSync(join(dist, 'virtune.1'), 'utf8')).toBe(manPage(manifest.version));
    expect(readdirSync(dist).sort()).toEqual([
      'LICENSES.txt',
      'api',
      'cli',
      'code',
      'pglite',
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

  /** What a command reads of the build, and `compiled` or `anew` for how V8 came by each. */
  const loads = (args: readonly string[], of = dist): { readonly loaded: readonly string[]; out: string } => {
    const watch = `import fs from 'node:fs'; import vm from 'node:vm'; import { syncBuiltinESMExports } from 'node:module';
      import { basename } from 'node:path'; import Module from 'node:module';
      const { Script } = vm;
      vm.Script = class extends Script { constructor(text, options) { super(text, options);
        process._rawDebug('loads ' + basename(options.filename) + (this.cachedDataRejected ? ' anew' : ' compiled')); } };
      const plain = Module._extensions['.cjs'] ?? Module._extensions['.js'];
      Module._extensions['.cjs'] = (module, file) => { process._rawDebug('loads ' + basename(file) + ' anew'); plain(module, file); };
      syncBuiltinESMExports();`;
    const node = ['--import', asModule(watch), join(of, 'cli/main.js'), ...args];
    const { stdout, stderr } = spawnSync(process.execPath, node, { encoding: 'utf8', cwd: dir });
    const loaded = [...stderr.matchAll(/^loads (.*)/gm)].map(([, name]) => name ?? '');
    return { loaded, out: stdout + stderr.replace(/^loads .*\n/gm, '') };
  };
  const asModule = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;

  it.each([
    { args: ['--help'], files: [] },
    { args: ['run', '--help'], files: [] },
    { args: ['validate', ...ON_HOST], files: [] },
    { args: ['run', '--list-hosts', ...ON_HOST], files: [] },
    // While ssh -G is asked, before any host is.
    { args: ['run', '--check', ...ON_HOST], files: ['ssh2'] },
    { args: ['run', '--check', ...ON_HOST, '-e', 'ansible_connection=local'], files: ['zx'] },
  ])('loads nothing that $args does not use, and all of it compiled', ({ args, files }) => {
    expect(loads(args).loaded).toEqual(['virtune', ...files].map((name) => `${name}.cjs compiled`));
  });

  /** Runs the built command line after some code of CommonJS. */
  const runAfter = (code: string, ...args: readonly string[]) => {
    writeFileSync(join(dir, 'first.cjs'), code);
    const node = ['--require', join(dir, 'first.cjs'), join(dist, 'cli/main.js'), ...args];
    return spawnSync(process.execPath, node, { encoding: 'utf8', cwd: dir });
  };

  it('loads of Node neither HTTP nor what modules of another kind need, for a run', () => {
    const tell = "process.on('exit', () => process._rawDebug(process.moduleLoadList.join('\\n')));";
    const { stderr } = runAfter(tell, 'run', '--check', ...ON_HOST);
    expect(stderr).toContain('NativeModule crypto\n');
    for (const name of ['http', 'https', 'tls', 'internal/modules/esm/module_job'])
      expect(stderr).not.toContain(`NativeModule ${name}\n`);
  });

  it('does not succeed where it ends in the middle', () => {
    const never = "require('node:fs/promises').open = () => new Promise(() => {});";
    expect(runAfter(never, 'validate', ...ON_HOST).status).toBe(13);
  });

  const help = 'Keeps the limits of running VMs as declared';
  it.each([
    {
      what: 'made for another Node',
      spoil: (file: string) => edit(`${file}.compiled`, process.version, 'v20.0.0'),
      loaded: 'anew',
    },
    {
      what: 'made of other text of the same length',
      spoil: (file: string) => edit(file, help, help.toUpperCase()),
      loaded: 'anew',
      says: help.toUpperCase(),
    },
    {
      what: 'cut off',
      spoil: (file: string) => truncateSync(`${file}.compiled`, 5000),
      loaded: 'anew',
    },
    {
      what: 'garbage',
      spoil: (file: string) =>
        writeFileSync(`${file}.compiled`, readFileSync(`${file}.compiled`).fill(7, 64)),
      loaded: 'anew',
    },
    { what: 'not there', spoil: (file: string) => rmSync(`${file}.compiled`), loaded: 'anew' },
    { what: 'as it was made', spoil: () => {}, loaded: 'compiled' },
  ])('runs as ever where the compiled code is $what', ({ spoil, loaded, says = help }) => {
    const copy = join(dir, 'copy/dist');
    cpSync(dist, copy, { recursive: true });
    spoil(join(copy, 'code/virtune.cjs'));
    const ran = loads(['--help'], copy);
    expect(ran.loaded).toEqual([`virtune.cjs ${loaded}`]);
    expect(ran.out).toContain(says);
    rmSync(join(dir, 'copy'), { recursive: true });
  });

  it('uses the native part of ssh2 where the same version is installed beside it, and no other', () => {
    const used = (version: string): string => {
      const folder = join(dir, 'node_modules/ssh2');
      const file = join(folder, 'lib/protocol/crypto/build/Release/sshcrypto.node');
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, '');
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ version }));
      const watch = "process.dlopen = (module, file) => process._rawDebug('opens ' + file);";
      const { stderr } = runs(['run', '--check', '-e', 'ansible_port=1'], PLAY, [
        '--import',
        asModule(watch),
      ]);
      return stderr;
    };
    const installed = manifest.devDependencies.ssh2 ?? '';
    expect(used(installed)).toMatch(/^opens .*sshcrypto\.node$/m);
    expect(used('1.0.0')).not.toContain('opens');
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

/** Of the same length, where somebody changes a file by hand. */
function edit(file: string, from: string, to: string): void {
  const bytes = readFileSync(file, 'latin1');
  const padded = to.padEnd(from.length);
  expect(bytes).toContain(from);
  expect(padded).toHaveLength(from.length);
  writeFileSync(file, bytes.replace(from, padded), 'latin1');
}
