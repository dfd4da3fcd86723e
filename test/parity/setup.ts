import { execFileSync } from 'node:child_process';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why Ansible is not there; null when it is. */
    ansibleMissing: string | null;
  }
}

/** Debian's ansible-core, installed where that is possible. In CI it must be there. */
// biome-ignore lint/style/noDefaultExport: vitest asks for it
export default function setup(project: TestProject): void {
  const missing = install();
  if (missing !== null && process.env.CI === 'true')
    throw new Error(`the parity tests need Ansible: ${missing}`);
  if (missing !== null) console.warn(`parity with Ansible is not tested: ${missing}`);
  project.provide('ansibleMissing', missing);
}

function install(): string | null {
  if (works()) return null;
  if (process.getuid?.() !== 0) return 'ansible-core is not installed, and only root can install it';
  try {
    const options = { stdio: 'pipe', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } } as const;
    execFileSync('apt-get', ['update'], options);
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'ansible-core'], options);
  } catch (error) {
    return `ansible-core cannot be installed: ${error instanceof Error ? error.message : String(error)}`;
  }
  return works() ? null : 'ansible-core was installed, and does not run';
}

function works(): boolean {
  try {
    execFileSync('ansible-inventory', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
