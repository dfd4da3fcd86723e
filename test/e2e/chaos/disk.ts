import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The folder of a record, where it can be on a file system of its own, which fills up. */
export interface Disk {
  readonly folder: string;
  /** Nothing more finds room for so long, and until then. */
  readonly fill: (forMs: number, until: () => boolean) => Promise<void>;
  readonly remove: () => void;
}

/** @param small of a few megabytes, where one can be mounted here; else nothing ever fills it */
export function diskIn(dir: string, name: string, small: boolean): Disk {
  const mount = join(dir, name);
  mkdirSync(mount);
  const mounted =
    small && spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m,mode=700', 'none', mount]).status === 0;
  const ballast = join(mount, 'ballast');
  return {
    folder: join(mount, 'state'),
    fill: async (forMs, until) => {
      if (!mounted) return;
      const { bavail, bsize } = statfsSync(mount);
      try {
        writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 2 * bsize)));
      } catch (error) {
        // A record that grows meanwhile has filled it.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
      const end = Date.now() + forMs;
      while (Date.now() < end || !until()) await sleep(20);
      rmSync(ballast, { force: true });
    },
    remove: () => {
      if (mounted) spawnSync('umount', ['-l', mount]);
      rmSync(mount, { recursive: true, force: true });
    },
  };
}
