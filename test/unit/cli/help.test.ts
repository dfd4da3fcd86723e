import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { shellWords } from '../../../src/base/shell_words.ts';
import { commandLine, wordsOf } from '../../../src/cli/program.ts';
import { EXIT } from '../../../src/engine/exit_code.ts';

/** What a terminal of so many columns shows. */
function helpOf(name: string, columns: number, program = commandLine(() => {})): string {
  let text = '';
  const output = { writeOut: (part: string) => (text += part), getOutHelpWidth: () => columns };
  const command = name === 'virtune' ? program : commandNamed(program, name);
  command.configureOutput(output).outputHelp();
  return text;
}

function commandNamed(program: Command, name: string): Command {
  const found = program.commands.find((command) => command.name() === name);
  if (found === undefined) throw new Error(`there is no command ${name}`);
  return found;
}

/** The lines of a part of the help. */
function section(help: string, title: string): string[] {
  const lines = help.split('\n');
  const from = lines.indexOf(`${title}:`) + 1;
  const rest = lines.slice(from);
  const end = rest.indexOf('');
  return from === 0 ? [] : rest.slice(0, end < 0 ? undefined : end);
}

const NAMES = commandLine(() => {}).commands.map((command) => command.name());

describe.each(['virtune', ...NAMES])('the help of %s', (name) => {
  const help = helpOf(name, 80);

  it('has no line over 80 columns, and cuts no word', () => {
    for (const line of help.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
    const words = (text: string) => text.split(/\s+/);
    expect(words(help)).toEqual(words(helpOf(name, 10_000)));
  });

  it('is the same where the command is made alone', () => {
    const alone = commandLine(() => {}, name);
    expect(helpOf(name, 80, alone)).toBe(help);
    const made = name === 'virtune' || name === 'completion' ? NAMES : [name];
    expect(alone.commands.map((command) => command.name())).toEqual(made);
  });

  it('has examples that the command line takes', async () => {
    const examples = section(help, 'Examples').filter((line) => line.startsWith('  virtune '));
    expect(examples.length).toBeGreaterThanOrEqual(name === 'demo' ? 1 : 2);
    for (const example of examples) {
      const program = commandLine(() => {});
      const ran: string[] = [];
      for (const command of program.commands) command.action(() => void ran.push(command.name()));
      const words = shellWords(example.trim());
      if ('problem' in words) throw new Error(words.problem);
      await program.parseAsync(words.slice(1), { from: 'user' });
      expect(ran).toHaveLength(1);
      if (name !== 'virtune') expect(ran).toEqual([name]);
    }
  });

  it.skipIf(name === 'virtune')('names exit statuses, and its own options before those of all', () => {
    const statuses = section(help, 'Exit status').map((line) => Number(line.trim().split(' ')[0]));
    expect(statuses[0]).toBe(EXIT.ok);
    expect(statuses).toEqual(statuses.toSorted((a, b) => a - b));
    for (const status of statuses) expect(Object.values(EXIT)).toContain(status);
    const headings = help.split('\n').filter((line) => /^[A-Z].*:$/.test(line));
    const others = ['Inventory and variables:', 'Connection:', 'Another user on the hosts:'];
    expect(headings.filter((heading) => heading === 'Options:' || others.includes(heading))[0]).toBe(
      'Options:',
    );
    expect(help).toContain('docs/');
  });
});

describe('the options of commands', () => {
  const options = (name: string) =>
    commandNamed(
      commandLine(() => {}),
      name,
    ).options.map(({ long }) => long);

  it.each([
    ['set', ['--forks', '--limit', '--tags', '--kind']],
    ['explain', ['--forks', '--verbose', '--check', '--diff']],
    ['scan', ['--report', '--verbose', '--check']],
    ['show', ['--diff', '--check']],
    ['validate', ['--forks', '--user', '--verbose']],
    ['inventory', ['--forks', '--user', '--limit']],
    ['demo', ['--inventory']],
  ])('%s has none that does nothing: %j', (name, useless) => {
    expect(options(name).filter((option) => useless.includes(option ?? ''))).toEqual([]);
  });
});

describe('virtune help', () => {
  it.each([
    ['nope', "error: unknown command 'nope'"],
    ['rnu', "error: unknown command 'rnu'\n(Did you mean run?)"],
  ])('%s names what is no command', async (word, expected) => {
    let text = '';
    const program = commandLine(() => {}, 'help').configureOutput({ writeErr: (part) => (text += part) });
    const words = wordsOf(program, ['help', word]);
    await expect(program.parseAsync([...words], { from: 'user' })).rejects.toMatchObject({ exitCode: 1 });
    expect(text).toContain(expected);
    expect(text).not.toContain('Change limits:');
  });

  it.each([['help'], ['help', 'run'], ['help', 'help'], ['run', 'help'], ['help', '--version']])(
    'leaves %s %s as it is',
    (...words) => {
      expect(
        wordsOf(
          commandLine(() => {}),
          words,
        ),
      ).toEqual(words);
    },
  );
});
