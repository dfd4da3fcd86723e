import type { Command } from 'commander';
import { EXIT } from '../engine/exit_code.ts';
import { fileOfPackage } from './package.ts';

/** What stands below the options of a command's help. */
export interface HelpTexts {
  /** What each does, and the line to type. */
  readonly examples: readonly (readonly [what: string, line: string])[];
  readonly exits: Exits;
  /** The page that tells more, in docs/. */
  readonly page: string;
}

type Exits = Readonly<Record<number, string>>;

/** The statuses that mean the same for all commands that contact hosts. */
export const HOST_EXITS: Exits = {
  [EXIT.input]: 'wrong input or usage: no host was contacted',
  [EXIT.failed]: 'a host failed',
  [EXIT.unreachable]: 'a host was unreachable',
  [EXIT.interrupted]: 'interrupted',
};

/** Of the commands that write. */
export const WRITE_EXITS: Exits = {
  ...HOST_EXITS,
  [EXIT.ok]: 'everything is as declared, or was made so',
  [EXIT.input]: 'wrong input or usage, or a name that no host has',
  [EXIT.pending]: 'with --check: changes are pending',
  [EXIT.failed]: 'a host or a change failed',
  [EXIT.refused]: 'a change was refused, since it would do harm',
  [EXIT.stale]: 'others changed a VM whenever it was to be written',
  [EXIT.locked]: 'somebody else was writing on a host all the time',
};

const TEXTS = Symbol('help texts');

/** What addHelp was given for a command. */
export function helpTextsOf(command: Command): HelpTexts | undefined {
  return (command as Command & { [TEXTS]?: HelpTexts })[TEXTS];
}

export function addHelp(command: Command, texts: HelpTexts): void {
  Object.assign(command, { [TEXTS]: texts });
  const { examples, exits, page } = texts;
  const width = Math.max(...Object.keys(exits).map((status) => status.length));
  command.addHelpText('after', () =>
    [
      '',
      'Examples:',
      ...examples.flatMap(([what, line]) => [`  # ${what}`, `  ${line}`]),
      '',
      'Exit status:',
      ...Object.entries(exits).map(([status, meaning]) => `  ${status.padEnd(width)}  ${meaning}`),
      '',
      'More:',
      `  ${fileOfPackage(`docs/${page}`)}`,
    ].join('\n'),
  );
}
