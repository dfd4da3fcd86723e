import type { Callables } from './args.ts';
import { LIST_FILTERS } from './filters_list.ts';
import { MAP_FILTERS } from './filters_map.ts';
import { TEXT_FILTERS } from './filters_text.ts';
import { VALUE_FILTERS } from './filters_value.ts';

const ALL: Callables<unknown> = { ...TEXT_FILTERS, ...VALUE_FILTERS, ...LIST_FILTERS, ...MAP_FILTERS };

const alias = (name: string) => ALL[name] as Callables<unknown>[string];

/** Jinja's and Ansible's filters that virtune has, by their names. */
export const FILTERS: Callables<unknown> = {
  ...ALL,
  d: alias('default'),
  count: alias('length'),
};

/** Of Ansible, and not of virtune, for a reason. */
export const REFUSED_FILTERS: ReadonlyMap<string, string> = new Map([
  ['random', 'a template must give the same value each time'],
  ['shuffle', 'a template must give the same value each time; for hosts there is "order: shuffle"'],
  ['vault', 'keep secrets in encrypted variables'],
  ['password_hash', 'virtune sets no passwords'],
  ['fileglob', 'templates read no files; "vars_files" does'],
]);
