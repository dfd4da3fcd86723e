import type { Option } from 'commander';

const VALUES = Symbol('values');

/** Says which values an option takes, where it is not commander that checks them: for completion alone. */
export function withValues(option: Option, values: readonly string[]): Option {
  return Object.assign(option, { [VALUES]: values });
}

export function valuesOf(option: Option): readonly string[] | undefined {
  return (option as Option & { [VALUES]?: readonly string[] })[VALUES] ?? option.argChoices;
}
