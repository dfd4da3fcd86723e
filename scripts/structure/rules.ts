import { findCycles } from '../../src/base/cycles.ts';
import type { ImportGraph } from './imports.ts';
import type { Room } from './rooms.ts';

/** Modules of Node that compute and nothing else. */
const COMPUTING = ['node:crypto', 'node:path', 'node:util'];
/** Packages that reach out of the process. */
const REACHING = /^(?:ssh2|zx|listr2|commander|fastify|pg|@electric-sql\/pglite)(?:\/|$)/;

/** What breaks the rules of ARCHITECTURE.md, a line each: where, and what to do. */
export function violations(graph: ImportGraph, rooms: readonly Room[]): readonly string[] {
  return [
    ...foldersOf(graph, rooms),
    ...[...graph].flatMap(([file, imports]) =>
      imports.flatMap(({ line, target }) => {
        const found = wrongImport(file, target, rooms);
        return found === null ? [] : [`${file}:${line} imports ${target}: ${found}`];
      }),
    ),
    ...cycles(graph),
  ];
}

function roomOf(file: string, rooms: readonly Room[]): number {
  return rooms.findIndex(({ folder }) => file.startsWith(`${folder}/`));
}

function foldersOf(graph: ImportGraph, rooms: readonly Room[]): readonly string[] {
  const files = [...graph.keys()];
  return [
    ...files
      .filter((file) => roomOf(file, rooms) < 0)
      .map((file) => `${file}: its folder has no row in the code map`),
    ...rooms
      .filter(({ folder }) => !files.some((file) => file.startsWith(`${folder}/`)))
      .map(({ folder }) => `${folder}: in the code map, but there is no such folder`),
  ];
}

function wrongImport(file: string, target: string, rooms: readonly Room[]): string | null {
  const from = roomOf(file, rooms);
  const room = rooms[from];
  if (room === undefined) return null;
  if (target.startsWith('node:') || !/\.\w+$/.test(target)) {
    const reaching = target.startsWith('node:') ? !COMPUTING.includes(target) : REACHING.test(target);
    return room.pure && reaching ? `${room.folder} has no I/O, says the code map` : null;
  }
  const to = roomOf(target, rooms);
  if (to < 0) return 'it is not below src';
  if (knowsAnother(file, target))
    return 'modules do not know each other; what they share is in src/modules/shared or selectors';
  return to > from ? `${rooms[to]?.folder} stands below ${room.folder} in the code map` : null;
}

/** A module is a folder of src/modules; beside them are two with what all modules share. */
const MODULE = /^src\/modules\/(?!shared\/|selectors\/)([^/]+)\//;

/** That a file of src/modules imports from a module that it is no part of. Their list, and rooms below, import them all. */
function knowsAnother(file: string, target: string): boolean {
  const of = MODULE.exec(target)?.[1];
  const isList = /^src\/modules\/[^/]+$/.test(file);
  return of !== undefined && file.startsWith('src/modules/') && !isList && MODULE.exec(file)?.[1] !== of;
}

function cycles(graph: ImportGraph): readonly string[] {
  const next = (file: string) =>
    (graph.get(file) ?? []).map(({ target }) => target).filter((target) => graph.has(target));
  return findCycles([...graph.keys()], next).map(({ path }) => `imports go round: ${path.join(' → ')}`);
}
