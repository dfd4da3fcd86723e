import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Build, ROOT } from './build.ts';
import { run } from './process.ts';

/** The same build with ssh2's native part and without it. */
export interface Ssh2Builds {
  readonly plain: Build;
  /** A text says why the native part could not be built here. */
  readonly native: Build | string;
}

/** Copies of a build with ssh2 beside them, which has its native part, and without. */
export async function ssh2Builds(dir: string): Promise<Ssh2Builds> {
  const plain = await copy(dir, join(dir, '../package-plain'));
  const folder = join(dir, '../package-native');
  const native = await copy(dir, folder);
  const ssh2 = join(folder, 'node_modules/ssh2');
  for (const name of ['ssh2', 'nan'])
    await cp(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  if (!(await loads(ssh2))) {
    // What npm does where it may run install scripts.
    const built = await run(['npm', '--prefix', ssh2, 'run', 'install']).catch(() => null);
    if (built === null || !(await loads(ssh2)))
      return { plain, native: `ssh2's native part could not be built here (${lastLine(built)})` };
  }
  return { plain, native };
}

async function copy(from: string, to: string): Promise<Build> {
  await mkdir(to, { recursive: true });
  for (const name of ['dist', 'package.json'])
    await cp(join(from, name), join(to, name), { recursive: true });
  return { virtune: join(to, 'dist/cli/main.js'), serve: join(to, 'dist/sim/serve.js') };
}

/** Whether this Node can load the native part. */
async function loads(ssh2: string): Promise<boolean> {
  const addon = join(ssh2, 'lib/protocol/crypto/build/Release/sshcrypto.node');
  return (await run([process.execPath, '-e', `require(${JSON.stringify(addon)})`])).code === 0;
}

function lastLine(ran: { readonly stdout: string; readonly stderr: string } | null): string {
  if (ran === null) return 'npm does not run';
  return `${ran.stderr}\n${ran.stdout}`.trim().split('\n').at(-1) ?? '';
}
