import type { SimDomain, SimHost } from './model.ts';

/** What a virsh command is made of. */

export interface OptionDef {
  readonly name: string;
  /** Another spelling of it. */
  readonly alias?: string;
  /** `argv` takes all remaining words. */
  readonly kind: 'flag' | 'text' | 'number' | 'argv';
  readonly required?: true;
  /** Only as `--name VALUE`, never by position. */
  readonly named?: true;
}

export interface CommandDef {
  readonly name: string;
  readonly options: readonly OptionDef[];
  /** False is virsh's failure; the exit status is that of the last command. */
  readonly run: (call: Call) => boolean | Promise<boolean>;
}

/** One parsed command: values by option name, `true` for a flag; `argv` options collect in `rest`. */
export interface ParsedCommand {
  readonly def: CommandDef;
  readonly options: ReadonlyMap<string, string | true>;
  readonly rest: readonly string[];
}

/** A large piece of output that can be told apart from the rest, see shell_programs.ts. */
export interface Dump {
  readonly text: () => string;
  /** Stays the same object until the dump changes. */
  readonly key: object;
}

export interface Call {
  readonly host: SimHost;
  readonly readonly: boolean;
  readonly quiet: boolean;
  readonly uri: string;
  readonly options: ParsedCommand['options'];
  readonly rest: readonly string[];
  readonly print: (chunk: string | Dump) => void;
  readonly error: (...messages: readonly string[]) => void;
}

export function flag(call: Call, name: string): boolean {
  return call.options.has(name);
}

/** The value of an option, undefined where absent; virsh refuses an empty one. */
export function value(call: Call, name: string): string | undefined | { readonly empty: true } {
  const given = call.options.get(name);
  if (given === undefined || given === true) return undefined;
  if (given !== '') return given;
  call.error(`Failed to get option '${name}': Option argument is empty`);
  return { empty: true };
}

/** The text of an option for a number, undefined where absent: an empty one is malformed as a number, no more. */
export function numberText(call: Call, name: string): string | undefined {
  const given = call.options.get(name);
  return given === true ? undefined : given;
}

/** The value of a required option; null after an error was printed. */
export function required(call: Call, name: string): string | null {
  const given = value(call, name);
  return typeof given === 'string' ? given : null;
}

/** `VSH_EXCLUSIVE_OPTIONS`: true after an error was printed. */
export function exclusive(call: Call, a: string, b: string): boolean {
  if (!flag(call, a) || !flag(call, b)) return false;
  call.error(`Options --${a} and --${b} are mutually exclusive`);
  return true;
}

/** `virshLookupDomain`: an id goes before a UUID, and that before a name. Null after an error was printed. */
export function findDomain(call: Call): SimDomain | null {
  const wanted = required(call, 'domain');
  if (wanted === null) return null;
  const { domains } = call.host;
  const id = /^[ \t]*[+-]?[0-9]+$/.test(wanted) ? Number(wanted) : -1;
  const lower = wanted.toLowerCase();
  const found =
    domains.find((d) => d.id !== null && d.id === id) ??
    (wanted.length === 36 ? domains.find((d) => d.uuid === lower) : undefined) ??
    domains.find((d) => d.name === wanted);
  if (found === undefined) call.error(`failed to get domain '${wanted}'`);
  return found ?? null;
}

/** Why this connection may not call an API that changes something; null when it may. */
export function refusal(call: Call, api: string): string | null {
  if (call.readonly) return `operation forbidden: read only access prevents ${api}`;
  if (call.host.knobs.acl) return "access denied: 'QEMU' denied access";
  return null;
}
