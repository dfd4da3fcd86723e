import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs';
import type { PGlite, PGliteOptions } from '@electric-sql/pglite';

type Folder = NonNullable<PGliteOptions['fs']>;

/** The part of Emscripten's file systems that is needed here. */
interface Module {
  readonly FS: {
    mkdirTree: (path: string) => void;
    mount: (type: object, options: object, path: string) => void;
  };
  readonly NODEFS: {
    realPath: (node: unknown) => string;
    stream_ops: { fsync?: (stream: Stream) => number };
  };
}
interface Stream {
  readonly node: unknown;
  /** Of Node, for files. */
  readonly nfd?: number;
}

/**
 * A folder in which a file that PostgreSQL syncs has reached the disk: Emscripten's own one does nothing then.
 * @param at where PostgreSQL finds it
 * @param heard of each path that was synced
 */
export function syncedFolder(root: string, at: string, heard: (path: string) => void = () => {}): Folder {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const mount = (module: Module): void => {
    const { FS, NODEFS } = module;
    NODEFS.stream_ops.fsync = ({ node, nfd }) => {
      const path = NODEFS.realPath(node);
      if (nfd === undefined) syncPath(path);
      else fsyncSync(nfd);
      heard(path);
      return 0;
    };
    FS.mkdirTree(at);
    FS.mount(NODEFS, { root }, at);
  };
  let quit = (): void => {};
  const folder = {
    init: async (pg: PGlite, options: { readonly preRun?: readonly unknown[] }) => {
      quit = () => (pg as unknown as { Module: { FS: { quit: () => void } } }).Module.FS.quit();
      return { emscriptenOpts: { ...options, preRun: [...(options.preRun ?? []), mount] } };
    },
    syncToFs: async () => {},
    initialSyncFs: async () => {},
    closeFs: async () => quit(),
  };
  return folder as unknown as Folder;
}

/** A file or a folder that somebody else has written. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
