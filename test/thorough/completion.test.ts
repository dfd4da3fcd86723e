import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const has = (program: string) => spawnSync(program, ['--version']).error === undefined;

const SHELLS = [
  { shell: 'bash', start: 'bash --norc --noprofile -i', load: 'source <(virtune completion bash)' },
  {
    shell: 'zsh',
    start: 'zsh -f -i',
    load: 'autoload -Uz compinit; compinit -u -D; source <(virtune completion zsh)',
  },
  { shell: 'fish', start: 'fish --no-config -i', load: 'virtune completion fish | source' },
];

/** In a real terminal, with the keys that a user types. */
describe.each(SHELLS)('completion in $shell', ({ shell, start, load }) => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'virtune-completion-'));
    execFileSync(process.execPath, ['esbuild.config.mjs', join(dir, 'dist')], { cwd: ROOT });
    for (const name of ['package.json', 'completions'])
      cpSync(join(ROOT, name), join(dir, name), { recursive: true });
    mkdirSync(join(dir, 'bin'));
    const main = join(dir, 'dist/cli/main.js');
    // What is no completion is noted, not run.
    const lines = [
      '#!/bin/sh',
      `[ "$1" = completion ] && exec ${process.execPath} ${main} "$@"`,
      `printf '%s\\n' "$@" >${join(dir, 'part')}; mv ${join(dir, 'part')} ${join(dir, 'ran')}`,
    ];
    writeFileSync(join(dir, 'bin/virtune'), `${lines.join('\n')}\n`);
    chmodSync(join(dir, 'bin/virtune'), 0o755);
    mkdirSync(join(dir, 'work/inventory'), { recursive: true });
    const hostile = ['a;touch PWNED', '$(touch PWNED)', '`touch PWNED`', "a'b\ttab", 'a\nb', '-a', 'a b'];
    const hosts = Object.fromEntries([...hostile, 'hv17', 'hv2'].map((name) => [name, {}]));
    writeFileSync(
      join(dir, 'work/inventory/hosts.yml'),
      JSON.stringify({ all: { children: { compute: { hosts } } } }),
    );
    // A TAB runs no program.
    writeFileSync(join(dir, 'work/inventory/program'), '#!/bin/sh\ntouch PWNED\necho "{}"\n', {
      mode: 0o755,
    });
    writeFileSync(join(dir, 'work/my play.yml'), '');
  }, 120_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** What virtune is started with after these keys. */
  async function typed(keys: string): Promise<readonly string[]> {
    const ran = join(dir, 'ran');
    rmSync(ran, { force: true });
    const env = { ...process.env, PATH: `${join(dir, 'bin')}:${process.env.PATH}`, TERM: 'dumb', HOME: dir };
    const child = spawn('script', ['-qec', start, '/dev/null'], { cwd: join(dir, 'work'), env });
    let seen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      seen += text;
    });
    const ended = new Promise((done) => child.on('close', done));
    child.stdin.on('error', () => {});
    child.stdin.write(`${load}\n`);
    child.stdin.write(`echo re''ady\n`);
    for (let waited = 0; waited < 300 && !seen.includes('ready'); waited++) await setTimeout(100);
    child.stdin.write(`${keys}\n`);
    for (let waited = 0; waited < 300 && !existsSync(ran); waited++) await setTimeout(100);
    child.stdin.end('exit\n');
    await setTimeout(200);
    child.kill('SIGKILL');
    await ended;
    expect(existsSync(ran), seen).toBe(true);
    expect(existsSync(join(dir, 'work/PWNED')), seen).toBe(false);
    return readFileSync(ran, 'utf8').trimEnd().split('\n');
  }

  it.skipIf(!has(shell))('completes commands, options, their values, hosts, groups and files', async () => {
    const keys = 'virtune ru\t--rew\t-l comp\t--report=jun\t--limit compute:hv1\tmy\t';
    const words = ['run', '--rewrite', '-l', 'compute', '--report=junit', '--limit', 'compute:hv17'];
    expect(await typed(keys)).toEqual([...words, 'my play.yml']);
  });

  it.skipIf(!has(shell))('offers no name that the shell would read as more than a name', async () => {
    expect(await typed('virtune show a\thv1\t')).toEqual(['show', 'all', 'hv1']);
  });
});
