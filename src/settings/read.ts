import { dirname } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import { placeAt, type Source, setEntryPlace, setPlace } from '../yaml/places.ts';
import { type Cfg, cfgEntry } from './cfg.ts';
import { ANY_ERRORS_FATAL, OPTION_SETTINGS, type Setting, VARIABLE_SETTINGS } from './table.ts';
import { unreadSettings } from './unread.ts';
import { convert, type Surroundings } from './values.ts';

export type OptionName = keyof typeof OPTION_SETTINGS;

/** What `ansible.cfg` and the environment set. */
export interface Settings {
  /** What options of the command line mean where they are not given. */
  readonly options: Readonly<Partial<Record<OptionName, unknown>>>;
  /** What variables mean where a host and its play have none; their places are known. */
  readonly vars: Vars;
  readonly anyErrorsFatal: boolean;
  /** Names of settings that are set and not read. */
  readonly unread: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads Ansible's settings: for each of them the environment counts before the file, and an empty value as none. Pure.
 * @param cfg the file, or null where there is none
 */
export function readSettings(cfg: Cfg | null, around: Surroundings): Settings {
  const diagnostics: Diagnostic[] = [];
  const valueFor = (setting: Setting): (Found & { readonly value: unknown }) | null => {
    const found = find(setting, cfg, around);
    if (found === null) return null;
    const converted = convert(setting.kind, found.text, found.base, around);
    if ('value' in converted) return { ...found, value: converted.value };
    const { name, source, offset } = found;
    // A text that is wrong may be a password in the wrong place: it is not repeated.
    diagnostics.push({
      severity: 'error',
      message: `${name} ${converted.problem}`,
      hint: found.text.includes('#') ? 'a comment behind a value begins with a blank and ";"' : undefined,
      place: placeAt(source, offset),
    });
    return null;
  };
  const options: Partial<Record<OptionName, unknown>> = {};
  for (const [name, setting] of Object.entries(OPTION_SETTINGS) as [OptionName, Setting][]) {
    const found = valueFor(setting);
    if (found !== null) options[name] = found.value;
  }
  const vars: Record<string, unknown> = {};
  setPlace(vars, cfg?.source ?? { file: '', lineStarts: [0] }, 0);
  for (const [name, setting] of Object.entries(VARIABLE_SETTINGS)) {
    const found = valueFor(setting);
    if (found === null) continue;
    vars[name] = found.value;
    setEntryPlace(vars, name, found.source, found.offset, found.offset);
  }
  const anyErrorsFatal = valueFor(ANY_ERRORS_FATAL)?.value === true;
  return { options, vars, anyErrorsFatal, unread: unreadSettings(cfg, around.env), diagnostics };
}

interface Found {
  /** As it is called where it was found. */
  readonly name: string;
  readonly text: string;
  readonly source: Source;
  readonly offset: number;
  /** Where relative paths in it start. */
  readonly base: string;
}

function find({ ini, env }: Setting, cfg: Cfg | null, around: Surroundings): Found | null {
  const variable = env.findLast((name) => (around.env[name] ?? '') !== '');
  if (variable !== undefined) {
    const source = { file: `the environment: ${variable}`, lineStarts: [0] };
    const text = around.env[variable] ?? '';
    return { name: variable, text, source, offset: 0, base: around.cwd };
  }
  if (cfg === null) return null;
  for (const name of ini.toReversed()) {
    const [section = '', key = ''] = name.split('.');
    const entry = cfgEntry(cfg, section, key);
    if (entry === undefined || entry.value === '') continue;
    const { source } = cfg;
    return { name: key, text: entry.value, source, offset: entry.offset, base: dirname(source.file) };
  }
  return null;
}
