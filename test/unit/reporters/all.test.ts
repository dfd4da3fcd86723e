import { describe, expect, it } from 'vitest';
import { logTakesCommands, withoutCommands } from '../../../src/cli/ci_commands.ts';
import { REPORTERS } from '../../../src/reporters/index.ts';
import { CONTEXT, hostileResult, runResult } from './results.ts';

describe.each(Object.entries(REPORTERS))('%s', (format, { about, write, ofCommands }) => {
  const text = (result = hostileResult()) => [...write(result, CONTEXT)].join('');

  it('says what it is, and gives the same for the same', () => {
    expect(about).toMatch(/^\S.{5,60}\S$/);
    expect(text()).toBe(text());
    expect(() => text(runResult([]))).not.toThrow();
  });

  it('is no command to the log of a platform', () => {
    // Prometheus and Markdown have no other spelling for it: the guard of the log breaks them there.
    if (ofCommands === true || ['prometheus', 'markdown'].includes(format)) return;
    const made = text();
    if (made.startsWith('{') || made.startsWith('[') || made.startsWith('<'))
      expect(withoutCommands(made)).toBe(made);
  });

  it('has neither a terminal escape nor a mark that turns text around', () => {
    expect(text().replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]|[\u202e\u2066]/u);
  });
});

describe('the log of a CI platform', () => {
  it.each([
    ['::error::x', ': :error::x'],
    ['a\n  ::set-output name=x::y', 'a\n  : :set-output name=x::y'],
    ['x ##[error]y', 'x # #[error]y'],
    ['##VSO[task.x]', '# #VSO[task.x]'],
    ['a ##teamcity[x]', 'a # #teamcity[x]'],
    ['a::b ## c #1', 'a::b ## c #1'],
    ['fe80::1 x', 'fe80::1 x'],
  ])('does not take %j for a command', (text, shown) => {
    expect(withoutCommands(text)).toBe(shown);
  });

  it('is told by the variables of its platform', () => {
    expect(logTakesCommands({ GITHUB_ACTIONS: 'true' })).toBe(true);
    expect(logTakesCommands({ TF_BUILD: 'True' })).toBe(true);
    expect(logTakesCommands({ CI: 'true', GITLAB_CI: 'true' })).toBe(false);
  });
});
