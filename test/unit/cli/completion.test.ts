import { describe, expect, it } from 'vitest';
import { complete } from '../../../src/cli/completion/complete.ts';
import { commandLine } from '../../../src/cli/program.ts';
import { REPORTERS } from '../../../src/reporters/index.ts';

const completed = (...words: string[]) =>
  complete(
    commandLine(() => {}),
    words,
  );
const values = (...words: string[]) => {
  const completion = completed(...words);
  return completion.kind === 'values' ? completion.values.map(({ value }) => value) : completion.kind;
};

describe('completion', () => {
  it('knows each command and each option that help shows', () => {
    const program = commandLine(() => {});
    const shown = program.createHelp().visibleCommands(program);
    expect(values('')).toEqual(shown.map((command) => command.name()));
    expect(values('help', '')).toEqual(values(''));
    for (const command of shown.filter((one) => one.name() !== 'help')) {
      const options = command.createHelp().visibleOptions(command);
      expect(values(command.name(), '-')).toEqual(options.map(({ long }) => long));
    }
  });

  it.each([
    [['run', '--report', ''], Object.keys(REPORTERS)],
    [
      ['doctor', '--report', ''],
      ['json', 'junit', 'markdown', 'html'],
    ],
    [
      ['run', '--become-method', ''],
      ['sudo', 'doas'],
    ],
    [
      ['run', '-bC', '--become-method=s'],
      ['--become-method=sudo', '--become-method=doas'],
    ],
    [['nothing', ''], []],
    [['demo', ''], []],
    [['run', '--no-such=', ''], 'files'],
    [['run', '-e', 'a=b', ''], 'files'],
    [['rollback', ''], 'runs'],
    [['history', '--json', ''], 'runs'],
  ])('%j may become %j', (words, expected) => {
    expect(values(...words)).toEqual(expected);
  });

  it.each([
    [['run', ''], 'files', ''],
    [['run', 'a.yml', '--', '-x'], 'files', ''],
    [['run', '--private-key', ''], 'files', ''],
    [['run', '-i', ''], 'files', ''],
    [['run', '--inventory=x'], 'files', '--inventory='],
    [['run', '--report', 'json='], 'files', 'json='],
    [['run', '--report=json=a'], 'files', '--report=json='],
    [['run', '-e', '@a'], 'files', '@'],
    [['report', ''], 'files', ''],
    [['show', ''], 'patterns', ''],
    [['show', 'a,!b'], 'patterns', 'a,!'],
    [['run', '--limit=a:&b'], 'patterns', '--limit=a:&'],
    [['set', 'h'], 'hosts', ''],
    [['inventory', ''], 'groups', ''],
  ])('%j wants %s after %j', (words, kind, prefix) => {
    expect(completed(...words)).toMatchObject({ kind, prefix });
  });

  it('wants the VMs of the host that is named', () => {
    for (const words of [
      ['set', 'hv1', ''],
      ['explain', '-i', 'x', 'hv1', 'we'],
    ])
      expect(completed(...words)).toEqual({ kind: 'vms', host: 'hv1' });
  });

  it('looks where -i says, however it is written', () => {
    const words = ['run', '-i', 'a', '-ib', '-Cic', '--inventory=d', '--inventory', 'e', '-l', ''];
    expect(completed(...words)).toMatchObject({ kind: 'patterns', inventory: ['a', 'b', 'c', 'd', 'e'] });
  });
});
