import { cp, mkdir, readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Build, ROOT } from './build.ts';
import { run } from './process.ts';

const ADDON = 'lib/protocol/crypto/build';

/** The same build with ssh2's native part and without it. */
export interface Ssh2Builds {
  readonly plain: Build;
  /** A text says why the native part could not be built here. */
  readonly native: Build | string;
}

/** Copies of a build whose ssh2 is known: what the checkout's own has depends on how it was installed. */
export async function ssh2Builds(dir: string): Promise<Ssh2Builds> {
  const plain = await copy(dir, join(dir, '../package-plain'));
  await rm(join(plain.ssh2, ADDON), { recursive: true, force: true });
  const native = await copy(dir, join(dir, '../package-native'));
  if (!(await loads(native.ssh2))) {
    // What npm does where it may run install scripts.
    const built = await run(['npm', '--prefix', native.ssh2, 'run', 'install']).catch(() => null);
    if (built === null || !(await loads(native.ssh2)))
      return {
        plain: plain.build,
        native: `ssh2's native part could not be built here (${lastLine(built)})`,
      };
  }
  return { plain: plain.build, native: native.build };
}

async function copy(from: string, to: string): Promise<{ readonly build: Build; readonly ssh2: string }> {
  const modules = join(to, 'node_modules');
  await mkdir(modules, { recursive: true });
  for (const name of ['dist', 'package.json'])
    await cp(join(from, name), join(to, name), { recursive: true });
  const installed = join(ROOT, 'node_modules');
  for (const name of await readdir(installed))
    if (name !== 'ssh2' && !name.startsWith('.')) await symlink(join(installed, name), join(modules, name));
  const ssh2 = join(modules, 'ssh2');
  await cp(join(installed, 'ssh2'), ssh2, { recursive: true });
  const build = { virtune: join(to, 'dist/cli/main.js'), serve: join(to, 'dist/sim/serve.js') };
  return { build, ssh2 };
}

/** Whether this Node can load the native part. */
async function loads(ssh2: string): Promise<boolean> {
  const addon = join(ssh2, ADDON, 'Release/sshcrypto.node');
  return (await run([process.execPath, '-e', `require(${JSON.stringify(addon)})`])).code === 0;
}

function lastLine(ran: { readonly stdout: string; readonly stderr: string } | null): string {
  if (ran === null) return 'npm does not run';
  return `${ran.stderr}\n${ran.stdout}`.trim().split('\n').at(-1) ?? '';
}
