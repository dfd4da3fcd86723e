import {
  appendFileSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { ConnectionError } from '../connection.ts';
import type { Shared } from '../shared.ts';
import { type KnownHostsFile, parseKnownHosts } from './known_hosts.ts';

interface Cached {
  readonly stamp: string;
  readonly parsed: KnownHostsFile;
}

/** What a run has read. */
function parsedFiles(): Map<string, Cached> {
  return new Map();
}

/**
 * Reads known_hosts files; one that doesn't exist is empty. A file is parsed once and again when it changed.
 * @throws ConnectionError `known_hosts` when a file is there but can't be read: its keys might forbid the host
 */
export function readKnownHosts(
  shared: Shared,
  host: string,
  paths: readonly string[],
): readonly KnownHostsFile[] {
  const cache = shared.the(parsedFiles);
  return paths.map((path) => readOne(cache, host, path));
}

/**
 * Appends a line to a known_hosts file, creating it (0600) and its folder (0700) where needed.
 * Everything here is synchronous, so within the process one writer follows the other; against other processes
 * the line goes out as a single write in append mode.
 * @param line with its final newline
 * @throws Error as the file system gives it
 */
export function appendKnownHostsLine(path: string, line: string): void {
  makeFolder(dirname(path));
  const fd = openSync(path, 'a+', 0o600);
  try {
    const { size } = fstatSync(fd);
    const last = Buffer.alloc(1);
    const needsNewline = size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
    appendFileSync(fd, needsNewline ? `\n${line}` : line);
  } finally {
    closeSync(fd);
  }
}

/** With all the folders above it. Node's own way of that never comes to an end below /proc. */
function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(dir) === dir) throw error;
    makeFolder(dirname(dir));
    mkdirSync(dir, { mode: 0o700 });
  }
}

function readOne(cache: Map<string, Cached>, host: string, path: string): KnownHostsFile {
  try {
    const stat = statSync(path);
    const stamp = `${stat.ino}:${stat.size}:${stat.mtimeMs}:${stat.ctimeMs}`;
    const hit = cache.get(path);
    if (hit?.stamp === stamp) return hit.parsed;
    const parsed = parseKnownHosts(path, readFileSync(path, 'utf8'));
    cache.set(path, { stamp, parsed });
    return parsed;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return parseKnownHosts(path, '');
    throw new ConnectionError(
      'known_hosts',
      `${host} was not contacted because ${path} can't be read (${code ?? String(error)})`,
      'without it virtune cannot tell whether the host key is the right one; correct its permissions',
    );
  }
}
