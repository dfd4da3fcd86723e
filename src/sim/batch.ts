import type { CommandDef, OptionDef, ParsedCommand } from './command.ts';

/** virsh's own parser (tools/vsh.c; libvirt facts, section 5): everything is parsed before anything runs. */

export type CommandTable = ReadonlyMap<string, CommandDef>;

export type ParsedBatch =
  | { readonly commands: readonly ParsedCommand[] }
  | { readonly errors: readonly string[] };

type Token =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'separator' }
  | { readonly kind: 'end' }
  | { readonly kind: 'error'; readonly message: string };

/** The single-argument form: `;` and line breaks separate, quotes group, `#` begins a comment. */
export function parseBatch(text: string, table: CommandTable): ParsedBatch {
  let position = 0;
  return parseCommands(table, () => {
    const [token, next] = nextToken(text, position);
    position = next;
    return token;
  });
}

/** The form with several arguments: one command, every argument one word. */
export function parseArgv(argv: readonly string[], table: CommandTable): ParsedBatch {
  let index = 0;
  return parseCommands(table, () => {
    const text = argv[index++];
    return text === undefined ? { kind: 'end' } : { kind: 'word', text };
  });
}

/** `vshCommandStringGetArg`. */
function nextToken(text: string, start: number): readonly [Token, number] {
  let at = start;
  for (;;) {
    const c = text[at];
    if (c === ' ' || c === '\t') at++;
    else if (c === '\\' && text[at + 1] === '\n') at += 2;
    else break;
  }
  const first = text[at];
  if (first === undefined) return [{ kind: 'end' }, at];
  if (first === ';' || first === '\n') return [{ kind: 'separator' }, at + 1];
  if (first === '#') {
    const end = text.indexOf('\n', at);
    return [{ kind: 'separator' }, end < 0 ? text.length : end + 1];
  }
  let word = '';
  let single = false;
  let double = false;
  for (; at < text.length; at++) {
    let c = text.charAt(at);
    if (!single && !double && (c === ' ' || c === '\t' || c === ';' || c === '\n')) break;
    if (c === "'" && !double) {
      single = !single;
      continue;
    }
    if (c === '"' && !single) {
      double = !double;
      continue;
    }
    if (c === '\\' && !single) {
      c = text.charAt(++at);
      if (c === '') return [{ kind: 'error', message: 'dangling \\' }, at];
      if (c === '\n') continue;
    }
    word += c;
  }
  // An unclosed ' is silently accepted.
  return [double ? { kind: 'error', message: 'missing "' } : { kind: 'word', text: word }, at];
}

/** `vshCommandParse`. */
function parseCommands(table: CommandTable, next: () => Token): ParsedBatch {
  const commands: ParsedCommand[] = [];
  for (;;) {
    const first = next();
    if (first.kind === 'error') return { errors: [first.message] };
    if (first.kind === 'end') return { commands };
    if (first.kind === 'separator') continue;
    if (first.text.startsWith('#')) {
      let token = next();
      while (token.kind === 'word') token = next();
      if (token.kind === 'end') return { commands };
      continue;
    }
    const def = table.get(first.text);
    if (def === undefined) return { errors: [`unknown command: '${first.text}'`] };
    const { command, errors, ended } = parseOptions(def, next);
    if (errors.length > 0) return { errors };
    commands.push(command);
    if (ended) return { commands };
  }
}

interface OptionsResult {
  readonly command: ParsedCommand;
  readonly errors: readonly string[];
  readonly ended: boolean;
}

function parseOptions(def: CommandDef, next: () => Token): OptionsResult {
  const options = new Map<string, string | true>();
  const rest: string[] = [];
  const command = { def, options, rest };
  const wrong = (message: string): OptionsResult => ({ command, errors: [message], ended: true });
  const give = (option: OptionDef, value: string): void => {
    if (option.kind === 'argv') rest.push(value);
    options.set(option.name, value);
  };
  let dataOnly = false;
  for (;;) {
    const token = next();
    if (token.kind === 'error') return wrong(token.message);
    if (token.kind !== 'word') {
      const missing = def.options.filter((o) => o.required === true && !options.has(o.name));
      const errors = missing.map((o) => `command '${def.name}' requires <${o.name}> option`);
      return { command, errors, ended: token.kind === 'end' };
    }
    const { text } = token;
    if (!dataOnly && text === '--') {
      dataOnly = true;
    } else if (!dataOnly && /^--[A-Za-z0-9]/.test(text)) {
      const equals = text.indexOf('=');
      const name = text.slice(2, equals < 0 ? undefined : equals);
      const option = def.options.find((o) => o.name === name || o.alias === name);
      if (option === undefined) return wrong(`command '${def.name}' doesn't support option --${name}`);
      if (options.has(option.name) && option.kind !== 'argv') return wrong(`option --${name} already seen`);
      if (option.kind === 'flag') {
        if (equals >= 0) return wrong(`invalid '=' after option --${name}`);
        options.set(name, true);
      } else if (equals >= 0) {
        give(option, text.slice(equals + 1));
      } else {
        const value = next();
        if (value.kind === 'error') return wrong(value.message);
        const unit = option.kind === 'number' ? 'number' : 'string';
        if (value.kind !== 'word') return wrong(`expected syntax: --${name} <${unit}>`);
        give(option, value.text);
      }
    } else {
      const option = def.options.find(
        (o) => o.kind !== 'flag' && o.named !== true && (o.kind === 'argv' || !options.has(o.name)),
      );
      if (option === undefined) return wrong(`unexpected data '${text}'`);
      give(option, text);
    }
  }
}
