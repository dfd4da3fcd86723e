import { expect } from 'vitest';
import type { Change } from '../../../src/model/change.ts';
import type { AnyModule } from '../../../src/modules/module.ts';

/** The module tells of all commands that it makes, so that hosts with a forced command run them. */
export function expectAllowed({ commands }: Pick<AnyModule, 'commands'>, { domain, steps }: Change): void {
  const allowed = new RegExp(`^(${commands.join('|').replaceAll('$uuid', domain.uuid)})$`);
  for (const step of steps) for (const command of step.commands) expect(command.join(' ')).toMatch(allowed);
}
