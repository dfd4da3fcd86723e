import { homedir } from 'node:os';
import type { Command } from 'commander';
import { type Diagnostic, hasErrors, InputError } from '../model/diagnostic.ts';
import { findConfigFile, loadConfigFile } from '../project/config_file.ts';
import { type OptionName, readSettings, type Settings } from '../settings/read.ts';
import type { Surroundings } from '../settings/values.ts';
import { printDiagnostics } from './diagnostics.ts';

/** Options that a user may give several times: what is set comes first. */
const ADDED: readonly OptionName[] = ['tags', 'skipTags', 'vaultId'];

function surroundings(): Surroundings {
  return { env: process.env, home: homedir(), cwd: process.cwd() };
}

/** For `--version`, in Ansible's words. */
export async function configLine(): Promise<string> {
  const { path } = await findConfigFile(surroundings());
  return `  config file = ${path ?? 'None'}`;
}

/**
 * Puts what `ansible.cfg` and `ANSIBLE_*` set below the options of a command, and says what of it is not read. Options
 * that the command does not have are none of its business.
 * @throws InputError with all that is wrong in them
 */
export async function applySettings(command: Command): Promise<void> {
  const around = surroundings();
  const { path, warnings } = await findConfigFile(around);
  const { cfg, diagnostics } = path === null ? { cfg: null, diagnostics: [] } : await loadConfigFile(path);
  if (hasErrors(diagnostics)) throw new InputError([...warnings, ...diagnostics]);
  const settings = readSettings(cfg, around);
  if (hasErrors(settings.diagnostics)) throw new InputError([...warnings, ...settings.diagnostics]);
  const known = new Set(command.options.map((option) => option.attributeName()));
  for (const [name, value] of Object.entries(settings.options) as [OptionName, unknown][])
    if (known.has(name)) setOption(command, name, value);
  command.setOptionValue('settings', settings);
  command.setOptionValue('configFile', path ?? undefined);
  // Whatever --strict says: these are no faults of the files that a run is about.
  await printDiagnostics([...warnings, ...unreadWarning(path, settings)]);
  if (command.getOptionValue('verbose') === true && path !== null)
    process.stderr.write(`using ${path} as config file\n`);
}

function setOption(command: Command, name: OptionName, value: unknown): void {
  const given = command.getOptionValueSource(name) === 'cli';
  const before = given ? (command.getOptionValue(name) as readonly unknown[]) : [];
  if (ADDED.includes(name))
    command.setOptionValueWithSource(name, [...(value as unknown[]), ...before], 'config');
  // A password of the file is tried after those of the command line.
  else if (name === 'vaultPasswordFile') command.setOptionValueWithSource(name, [...before, value], 'config');
  else if (!given)
    command.setOptionValueWithSource(name, name === 'verbose' ? (value as number) > 0 : value, 'config');
}

/** @param path of the file that was read, where there is one */
export function unreadWarning(path: string | null, { unread }: Settings): readonly Diagnostic[] {
  if (unread.length === 0) return [];
  const of = path === null ? "Ansible's" : `Ansible's (${path})`;
  return [
    {
      severity: 'warning',
      message: `virtune does not read these settings of ${of}: ${unread.join(', ')}`,
      hint: 'docs/ansible-cfg.md says which it reads',
    },
  ];
}
