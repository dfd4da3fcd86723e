import type { Statement } from './ast.ts';
import { evaluate, type Scope } from './eval.ts';
import { TemplateProblem } from './problem.ts';
import { defined, limited, outputText, shown, truthy } from './value.ts';
import { items, spend } from './work.ts';

/** The text that statements make. @throws TemplateProblem */
export function render(body: readonly Statement[], scope: Scope): string {
  return renderBody(body, locals(scope, new Map()));
}

interface Local extends Scope {
  readonly names: Map<string, unknown>;
}

/** Names that the template sets itself, over those of a scope. */
function locals(outer: Scope, names: Map<string, unknown>): Local {
  return {
    work: outer.work,
    names,
    lookup: (name) => (names.has(name) ? names.get(name) : outer.lookup(name)),
    plugin: outer.plugin,
  };
}

function renderBody(body: readonly Statement[], scope: Local): string {
  let text = '';
  for (const statement of body) {
    spend(scope.work);
    switch (statement.type) {
      case 'output':
        text = limited(text + outputText(evaluate(statement.value, scope)));
        break;
      case 'if':
        text = limited(
          text +
            renderBody(truthy(evaluate(statement.test, scope)) ? statement.body : statement.otherwise, scope),
        );
        break;
      case 'set':
        scope.names.set(statement.name, defined(evaluate(statement.value, scope)));
        break;
      case 'for':
        text = limited(text + renderFor(statement, scope));
        break;
    }
  }
  return text;
}

function renderFor(loop: Extract<Statement, { type: 'for' }>, scope: Local): string {
  const list = items(defined(evaluate(loop.iterable, scope)), scope.work, '"{% for %}"');
  const turns = list
    .map((item) => locals(scope, bindNames(loop.names, item)))
    .filter((turn) => loop.filter === null || truthy(evaluate(loop.filter, turn)));
  if (turns.length === 0) return renderBody(loop.otherwise, scope);
  let text = '';
  for (const [index, turn] of turns.entries()) {
    const last = index === turns.length - 1;
    turn.names.set('loop', {
      index: index + 1,
      index0: index,
      first: index === 0,
      last,
      length: turns.length,
    });
    text = limited(text + renderBody(loop.body, turn));
  }
  return text;
}

function bindNames(names: readonly string[], item: unknown): Map<string, unknown> {
  const [name] = names;
  if (names.length === 1 && name !== undefined) return new Map([[name, item]]);
  if (!Array.isArray(item) || item.length !== names.length)
    throw new TemplateProblem(
      `"{% for ${names.join(', ')} %}" takes lists of ${names.length}, found ${shown(item)}`,
    );
  return new Map(names.map((key, index) => [key, item[index] as unknown]));
}
