import pLimit from 'p-limit';
import { hostVarsOf, parseListInventory } from '../inventory/list.ts';
import type { ParsedInventory, Statement } from '../inventory/statements.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { MAX_BYTES } from '../yaml/syntax.ts';
import { type ProgramLimits, runProgram, said } from './program.ts';
import type { Vault } from './vault.ts';
import { parseFileText } from './yaml_file.ts';

const LIMITS: ProgramLimits = { milliseconds: 120_000, bytes: MAX_BYTES };
/** Programs at once, where each host has to be asked for. */
const AT_ONCE = 4;

/** Asks an inventory program for its hosts, and where that does not tell their variables, for each host's. */
export async function loadInventoryProgram(
  path: string,
  vault?: Vault,
  limits: ProgramLimits = LIMITS,
): Promise<ParsedInventory> {
  const list = await ask(path, ['--list'], vault, limits);
  if (list.diagnostics.length > 0) return { statements: [], diagnostics: list.diagnostics };
  const { statements, diagnostics, hosts, hasHostVars } = parseListInventory(list.value, list.name);
  if (hasHostVars || diagnostics.length > 0) return { statements, diagnostics };
  const limit = pLimit(AT_ONCE);
  const failed: Diagnostic[] = [];
  const asked = await Promise.all(
    hosts.map((host) =>
      limit(async (): Promise<Statement | null> => {
        // One failure says enough; a program that hangs must not be waited for a thousand times.
        if (failed.length > 0) return null;
        const answer = await ask(path, ['--host', host], vault, limits);
        const place = { file: answer.name, line: 1, column: 1 };
        const problem = answer.empty ? undefined : answer.diagnostics[0];
        const found = problem ?? hostVarsOf(host, answer.value ?? {}, place);
        if ('kind' in found) return found;
        failed.push(found);
        return null;
      }),
    ),
  );
  if (failed.length > 0) return { statements: [], diagnostics: failed.slice(0, 1) };
  return { statements: [...statements, ...asked.filter((one) => one !== null)], diagnostics };
}

interface Answer {
  /** The command line, which stands for a file's name in places. */
  readonly name: string;
  readonly value: unknown;
  readonly empty: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

async function ask(
  path: string,
  args: readonly string[],
  vault: Vault | undefined,
  limits: ProgramLimits,
): Promise<Answer> {
  const name = `${path} ${args.join(' ')}`;
  const refuse = (message: string): Answer => ({
    name,
    value: null,
    empty: false,
    diagnostics: [{ severity: 'error', message: `the inventory program ${name} ${message}` }],
  });
  const result = await runProgram(path, args, limits);
  if (!result.ok) return refuse(result.message + said(result.stderr));
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(result.stdout);
  } catch {
    return refuse('printed what is not UTF-8');
  }
  if (text.trim() === '') return { ...refuse(`printed nothing${said(result.stderr)}`), empty: true };
  if (!/^\s*\{/.test(text)) return refuse('must print a map in JSON');
  const parsed = await parseFileText(text, name, { vault });
  return { name, value: parsed.value, empty: false, diagnostics: parsed.diagnostics };
}
