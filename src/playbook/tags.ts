import { didYouMeanHint } from '../base/suggest.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Play } from '../model/playbook.ts';

/** What --tags and --skip-tags name; both may be empty. */
export interface TagSelection {
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

const UNTAGGED = ['untagged'];
const SPECIAL = ['all', 'tagged', 'untagged', 'always', 'never'];

/** Whether a task with these tags runs: Ansible's rule, word by word. */
export function runsWithTags(tags: readonly string[], selection: TagSelection): boolean {
  const only = selection.only.length === 0 ? ['all'] : selection.only;
  const { skip } = selection;
  const own = tags.length > 0 ? tags : UNTAGGED;
  const tagged = own.some((tag) => tag !== 'untagged');
  const named = (list: readonly string[]) => own.some((tag) => list.includes(tag));
  const never = own.includes('never');
  const chosen =
    own.includes('always') ||
    (only.includes('all') && !never) ||
    named(only) ||
    (only.includes('tagged') && tagged && !never);
  if (!chosen || skip.length === 0) return chosen;
  if (skip.includes('all')) return own.includes('always') && !skip.includes('always');
  return !named(skip) && !(skip.includes('tagged') && tagged);
}

/**
 * Plays with the tasks that --tags and --skip-tags let run. A tag that no task has is an error where it was to select
 * (Ansible then does nothing and reports success), a warning where it was to skip.
 */
export function selectTags(
  plays: readonly Play[],
  selection: TagSelection,
): { readonly plays: readonly Play[]; readonly diagnostics: readonly Diagnostic[] } {
  const known = new Set(plays.flatMap((play) => play.tasks.flatMap((task) => task.tags ?? [])));
  const unknown = (names: readonly string[], option: string, severity: Diagnostic['severity']) =>
    names
      .filter((name) => !known.has(name) && !SPECIAL.includes(name))
      .map((name): Diagnostic => {
        const hint =
          didYouMeanHint(name, known) ??
          (known.size === 0 ? 'no task has tags' : `there are: ${[...known].sort().slice(0, 20).join(', ')}`);
        return { severity, message: `${option}: no task has the tag "${name}"`, hint };
      });
  const diagnostics = [
    ...unknown(selection.only, '--tags', 'error'),
    ...unknown(selection.skip, '--skip-tags', 'warning'),
  ];
  if (selection.only.length === 0 && selection.skip.length === 0 && !known.has('never'))
    return { plays, diagnostics };
  const left = plays.map((play) => ({
    ...play,
    tasks: play.tasks.filter((task) => runsWithTags(task.tags ?? [], selection)),
  }));
  if (
    diagnostics.length === 0 &&
    plays.some((play) => play.tasks.length > 0) &&
    left.every((play) => play.tasks.length === 0)
  )
    diagnostics.push({ severity: 'error', message: '--tags and --skip-tags leave no task' });
  return { plays: left, diagnostics };
}
