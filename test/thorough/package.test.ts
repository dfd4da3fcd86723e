import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoFleet } from '../../src/sim/demo_fleet.ts';
import { writeFleetFiles } from '../../src/sim/fleet_files.ts';
import { startSimFleet } from '../../src/sim/sshd.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Locked {
  readonly dev?: boolean;
}

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

/** Packed from a copy of the tracked files, so that the build of other tests stays, and installed as users do. */
describe('the package', () => {
  let dir = '';
  let source = '';
  let user = '';
  let packed: readonly string[] = [];
  const git = (...args: string[]) => execFileSync('git', args, { cwd: source, encoding: 'utf8' });

  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-packed-'));
    source = join(dir, 'source');
    user = join(dir, 'user');
    const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    for (const file of tracked.split('\0').filter((name) => name !== '')) {
      mkdirSync(join(source, dirname(file)), { recursive: true });
      cpSync(join(ROOT, file), join(source, file));
    }
    git('init', '-q');
    git('add', '.');
    git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '-qm', 'copy');
    symlinkSync(join(ROOT, 'node_modules'), join(source, 'node_modules'));
    // A folder's pattern does not ignore a link of that name.
    writeFileSync(join(source, '.git/info/exclude'), 'node_modules\n');
    const out = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', dir], {
      cwd: source,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [{ filename, files }] = JSON.parse(out.slice(out.indexOf('[\n'))) as {
      filename: string;
      files: { path: string }[];
    }[] as [{ filename: string; files: { path: string }[] }];
    packed = files.map(({ path }) => path);
    install(join(dir, filename));
  }, 300_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** The versions that the lock file names, which `npm ci` of the clone has left in npm's cache: works offline. */
  function install(tarball: string): void {
    const lock = json(join(ROOT, 'package-lock.json')) as { packages: Record<string, Locked> };
    const manifest = json(join(ROOT, 'package.json')) as { version: string; dependencies: object };
    const mine = { dependencies: { virtune: `file:${tarball}` } };
    const others = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true);
    const { version, dependencies } = manifest;
    const virtune = {
      version,
      resolved: `file:${tarball}`,
      dependencies,
      bin: { virtune: 'dist/cli/main.js' },
    };
    const packages = { '': mine, 'node_modules/virtune': virtune, ...Object.fromEntries(others) };
    mkdirSync(user);
    writeFileSync(join(user, 'package.json'), JSON.stringify(mine));
    writeFileSync(join(user, 'package-lock.json'), JSON.stringify({ lockfileVersion: 3, packages }));
    // Native parts of packages only make encryption faster.
    const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
    execFileSync('npm', ['ci', ...options], { cwd: user, stdio: 'inherit' });
  }

  /** The fleet is served by this very process. */
  const ended = (program: string, args: readonly string[]) =>
    new Promise<{ code: number | null; stdout: string; stderr: string }>((done) => {
      const child = execFile(program, args, { cwd: user }, (_, stdout, stderr) =>
        done({ code: child.exitCode, stdout, stderr }),
      );
    });

  const virtune = (...args: string[]) =>
    spawnSync(join(user, 'node_modules/.bin/virtune'), args, { cwd: user, encoding: 'utf8' });

  it('has what users need and nothing else', () => {
    const known =
      /^(README\.md|LICENSE|CHANGELOG\.md|package\.json|dist\/LICENSES\.txt|dist\/virtune\.1|(dist\/.*\.c?js)|dist\/cli\/package\.json|(dist\/code\/\w+\.cjs\.compiled)|dist\/pglite\/(initdb\.wasm|pglite\.(data|wasm))|(dist\/types\/(api|engine|model)\/\w+\.d\.ts)|(docs\/([\w-]+\.md|ci\/[\w.-]+|pictures\/\w+\.(svg|png)|virtune-forced-command\.sh|virtune\.sudoers|virtune\.policy(\.test)?\.yml))|schemas\/([\w-]+\.schema|serve\.openapi)\.json|completions\/virtune\.\w+|(playbooks|inventory)\/.*\.yml)$/;
    expect(packed.filter((file) => !known.test(file))).toEqual([]);
    expect(packed).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'dist/LICENSES.txt',
        'dist/cli/main.js',
        'dist/cli/package.json',
        'dist/virtune.1',
      ]),
    );
  });

  it('has its manual page where npm makes links: it makes none of a text', () => {
    const { man } = json(join(user, 'node_modules/virtune/package.json')) as { man: unknown };
    expect(man).toEqual(['dist/virtune.1']);
  });

  it('leaves nothing untracked or changed in the folder that it is packed in', () => {
    expect(git('status', '--porcelain')).toBe('');
  });

  it('runs nothing when it is installed', () => {
    const { scripts } = json(join(user, 'node_modules/virtune/package.json')) as { scripts: object };
    // npm asks users of a package about all of these.
    for (const name of [
      'preinstall',
      'install',
      'postinstall',
      'prepublish',
      'preprepare',
      'prepare',
      'postprepare',
    ])
      expect(scripts).not.toHaveProperty(name);
  });

  it('runs where it is installed, with the packages that it names and no others', () => {
    const { version } = json(join(ROOT, 'package.json')) as { version: string };
    expect(virtune('--version').stdout.split('\n')[0]).toBe(version);
    const demo = virtune('demo');
    expect(demo.status, demo.stdout + demo.stderr).toBe(0);
    expect(demo.stderr).toBe('');
  });

  it('has few declarations: of what programs import, and what those name', () => {
    const declared = packed.filter((file) => file.endsWith('.d.ts'));
    expect(declared).toContain('dist/types/api/index.d.ts');
    expect(declared.length).toBeLessThan(15);
  });

  it('is called from programs as docs/api.md says, with types', async () => {
    const page = readFileSync(join(ROOT, 'docs/api.md'), 'utf8');
    const [, example = ''] = /```ts\n(.*?)```/s.exec(page) ?? [];
    symlinkSync(join(ROOT, 'node_modules/@types'), join(user, 'node_modules/@types'));
    writeFileSync(join(user, 'example.mts'), example);
    // Declarations are checked, too (no skipLibCheck).
    const options = ['--strict', '--exactOptionalPropertyTypes', '--types', 'node', '--outDir', user];
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const compiled = spawnSync(
      process.execPath,
      [tsc, '--module', 'nodenext', '--target', 'es2023', ...options, 'example.mts'],
      { cwd: user, encoding: 'utf8' },
    );
    expect(compiled.stdout + compiled.stderr).toBe('');

    const fleet = await startSimFleet(demoFleet());
    const runExample = () => ended(process.execPath, [join(user, 'example.mjs')]);
    try {
      cpSync(join(ROOT, 'playbooks/nic-limits.yml'), join(user, 'limits.yml'));
      cpSync(join(ROOT, 'inventory/group_vars'), join(user, 'group_vars'), { recursive: true });
      const { inventory } = await writeFleetFiles(fleet, user);
      writeFileSync(
        join(user, 'waivers.yml'),
        'waivers:\n  - { owner: ops, reason: load test, until: 2999-12-31, domain: none }\n',
      );
      expect(inventory).toBe(join(user, 'inventory.yml'));
      const first = await runExample();
      expect(first.stderr).toBe('');
      expect(first.stdout).toMatch(
        /^hv03\.example\.net web-07 nic 1: virsh domiftune \S+ \S+ --live --inbound 12500,/m,
      );
      expect(first.stdout).toMatch(/^hv03\.example\.net: changed$/m);
      expect(first.code).toBe(0);
      expect(await runExample()).toEqual({ code: 0, stdout: '', stderr: '' });
      writeFileSync(join(user, 'limits.yml'), '- hosts: [\n');
      const wrong = await runExample();
      expect(wrong.stderr).toMatch(/^limits\.yml:\d+: /);
      expect(wrong.code).toBe(1);
    } finally {
      await fleet.close();
    }
  });

  it('gives programs its schemas and its version, and no file that may move', () => {
    const resolved = (name: string) =>
      spawnSync(process.execPath, ['-p', `require.resolve(${JSON.stringify(name)})`], { cwd: user }).status;
    expect(resolved('virtune/package.json')).toBe(0);
    expect(resolved('virtune/schemas/playbook.schema.json')).toBe(0);
    expect(resolved('virtune/dist/cli/main.js')).not.toBe(0);
  });
});
