import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { COMPILED, headOf, load } from './code.mjs';

/**
 * Keeps what V8 makes of the code of a build beside it: `node compile.mjs dist`. V8 compiles a function when it is first
 * called, so this runs commands, on simulated hosts and on this machine as a host.
 * Exit status 1: those on simulated hosts did not succeed, and less is compiled.
 */
let status = 0;
const outdir = resolve(process.argv[2]);
const dir = await mkdtemp(join(tmpdir(), 'virtune-compile-'));
const fleet = spawn(process.execPath, [join(outdir, 'sim/serve.js'), '--hosts', '2', '--out', dir], {
  stdio: ['pipe', 'pipe', 'ignore'],
});
try {
  await Promise.race([once(fleet.stdout, 'data'), once(fleet, 'close')]);
  const scripts = await used(join(outdir, 'code/virtune.cjs'));
  for (const name of readdirSync(join(outdir, 'code'))) {
    const file = join(outdir, 'code', name);
    if (file.endsWith('.cjs') && !scripts.has(file)) load(file, (...made) => scripts.set(...made));
  }
  for (const [file, script] of scripts) {
    const parts = [Buffer.from(headOf(readFileSync(file))), script.createCachedData()];
    writeFileSync(file + COMPILED, Buffer.concat(parts));
  }
} finally {
  fleet.kill();
  await rm(dir, { recursive: true });
}
process.exit(status);

/** The scripts of a program that has been used, by their files. */
async function used(file) {
  process.chdir(dir);
  // No record of these runs stays.
  process.env.VIRTUNE_STATE_DIR = join(dir, 'state');
  const rules = [{ domain: '*', rate: '100 Mbit/s' }];
  await writeFile('play.yml', JSON.stringify([{ hosts: 'all', tasks: [{ nic_limits: { rules } }] }]));
  const local = { ansible_connection: 'local', libvirt_uri: 'test:///default' };
  await writeFile('local.yml', JSON.stringify({ all: { hosts: { localhost: local } } }));
  // Nobody's ssh_config takes part.
  const plain = ['-e', 'ansible_ssh_common_args="-F none"'];
  const scripts = new Map();
  const { virtune } = load(file, (...made) => scripts.set(...made));
  const run = async (...args) => {
    await virtune([process.execPath, 'virtune', ...args]);
    return process.exitCode === 0;
  };
  for (const args of [
    ['--help'],
    ['validate', 'play.yml', '-i', 'inventory.yml'],
    ['run', 'play.yml', '-i', 'inventory.yml', '--check', ...plain],
    ['run', 'play.yml', '-i', 'inventory.yml', ...plain],
  ])
    if (!(await run(...args))) status = 1;
  // There may be no virsh here.
  await run('run', 'play.yml', '-i', 'local.yml', '--check');
  return scripts;
}
