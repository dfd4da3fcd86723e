import { plural } from '../base/text.ts';
import type { Change } from '../model/change.ts';
import type { RunResult } from '../model/result.ts';
import { moduleNamed } from '../modules/index.ts';
import type { Paint } from './style.ts';

/** Whether it cannot be limited, and its rules or its task say that this is no failure. */
export function isSkipped({ status, ignored }: Change): boolean {
  return status === 'unsupported' && ignored === true;
}

/** How many cannot be limited: those that are left as declared, and what to do where that fails hosts. */
export function unsupportedLines({ hosts }: RunResult, paint: Paint): string[] {
  const all = hosts.flatMap(({ resources }) => resources.filter(({ status }) => status === 'unsupported'));
  const skipped = all.filter(isSkipped);
  const failing = all.filter((change) => !isSkipped(change));
  const lines: string[] = [];
  if (skipped.length > 0)
    lines.push(
      `${counted(skipped)} cannot be limited and ${skipped.length === 1 ? 'is left as it is (-v names it)' : 'are left as they are (-v names them)'}.`,
    );
  if (failing.length > 0)
    lines.push(
      paint(
        'yellow',
        `${counted(failing)} cannot be limited, which fails the host: rules can leave out what they do not mean, or have skip_unsupported: true.`,
      ),
    );
  return lines.length === 0 ? [] : ['', ...lines];
}

/** `3 NICs and 1 disk` */
function counted(changes: readonly Change[]): string {
  const modules = [...new Set(changes.map(({ module }) => module))].map(moduleNamed);
  return modules
    .map(({ name, words: { one, many } }) =>
      plural(changes.filter(({ module }) => module === name).length, one, many),
    )
    .join(' and ');
}
