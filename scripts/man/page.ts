import type { Command, Option } from 'commander';
import { helpTextsOf } from '../../src/cli/help.ts';
import { commandLine } from '../../src/cli/program.ts';

/** Options of a command's own; those below other headings are the same in each command that has them. */
const OWN = 'Options:';

/**
 * The man page, in man(7): commands, options, examples and exit statuses are those of `--help`.
 * @param version of the package
 */
export function manPage(version: string): string {
  const program = commandLine(() => {});
  const help = program.createHelp();
  const commands = help.visibleCommands(program).filter((command) => command.name() !== 'help');
  const summaries = commands.map((command) => ({
    term: `virtune ${command.name()}`,
    text: command.summary(),
  }));
  const lines = [
    `.TH VIRTUNE 1 "" "virtune ${version}" "User Commands"`,
    '.SH NAME',
    'virtune \\- keeps the limits of running VMs as declared',
    '.SH SYNOPSIS',
    `.B virtune`,
    plain(program.usage()),
    '.SH DESCRIPTION',
    plain(program.description()),
    ...summaries.flatMap(item),
    '.SH OPTIONS',
    ...items(help.visibleOptions(program)),
    '.SH COMMANDS',
    ...commands.flatMap(commandPart),
    ...sharedParts(commands),
    '.SH FILES',
    ...item({ term: 'inventory/', text: 'the inventory where no -i names one' }),
    ...item({ term: 'ansible.cfg', text: 'settings, looked for where Ansible does' }),
    ...item({ term: '~/.ssh/config, ~/.ssh/known_hosts', text: 'read as ssh(1) does' }),
    '.SH ENVIRONMENT',
    ...item({ term: 'ANSIBLE_CONFIG and ANSIBLE_*', text: 'settings, as those of ansible.cfg' }),
    ...item({ term: 'SSH_AUTH_SOCK', text: 'the agent that has the keys to log in with' }),
    ...item({ term: 'NO_COLOR', text: 'no colours' }),
    '.SH SEE ALSO',
    plain('ssh(1), virsh(1), and the folder docs/ of the package, which virtune --help names'),
  ];
  return `${lines.join('\n')}\n`;
}

function commandPart(command: Command): readonly string[] {
  const help = command.createHelp();
  const texts = helpTextsOf(command);
  const options = help.visibleOptions(command);
  const shared = [...new Set(options.map(headingOf))].filter((heading) => heading !== OWN);
  const others = shared.map((heading) => `"${heading.replace(/:$/, '')}"`).join(', ');
  return [
    `.SS ${plain(`virtune ${command.name()} ${command.usage()}`)}`,
    plain(command.description()),
    ...command.registeredArguments.flatMap((argument) =>
      item({ term: help.argumentTerm(argument), text: help.argumentDescription(argument) }),
    ),
    ...items(options.filter((option) => headingOf(option) === OWN)),
    ...(others === '' ? [] : ['.PP', plain(`It has the options below ${others}, too.`)]),
    ...(texts === undefined ? [] : ['.PP', 'Examples:']),
    ...(texts?.examples ?? []).flatMap(([what, line]) => item({ term: line, text: what })),
    ...(texts === undefined ? [] : ['.PP', 'Exit status:']),
    ...Object.entries(texts?.exits ?? {}).flatMap(([term, text]) => item({ term, text })),
    ...(texts === undefined ? [] : ['.PP', plain(`More: docs/${texts.page}`)]),
  ];
}

/** Each heading once, with all options that any command has below it. */
function sharedParts(commands: readonly Command[]): readonly string[] {
  const parts = new Map<string, Map<string, Option>>();
  for (const option of commands.flatMap((command) => command.createHelp().visibleOptions(command))) {
    const heading = headingOf(option);
    if (heading === OWN) continue;
    const part = parts.get(heading) ?? new Map<string, Option>();
    parts.set(heading, part.set(option.flags, option));
  }
  return [...parts].flatMap(([heading, options]) => [
    `.SH ${plain(heading.replace(/:$/, '').toUpperCase())}`,
    ...items([...options.values()]),
  ]);
}

const headingOf = (option: Option): string => option.helpGroupHeading ?? OWN;

function items(options: readonly Option[]): readonly string[] {
  const help = commandLine(() => {}).createHelp();
  return options.flatMap((option) => item({ term: option.flags, text: help.optionDescription(option) }));
}

function item({ term, text }: { readonly term: string; readonly text: string }): readonly string[] {
  return ['.TP', `.B ${plain(term).replaceAll('"', '\\(dq')}`, plain(text)];
}

/** Text that roff takes as nothing but text. */
function plain(text: string): string {
  const escaped = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti');
  return escaped.replace(/^\./, '\\&.');
}
