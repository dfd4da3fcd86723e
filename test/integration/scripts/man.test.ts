import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { manPage } from '../../../scripts/man/page.ts';
import { commandLine } from '../../../src/cli/program.ts';

const page = manPage('1.2.3');
const groff = spawnSync('groff', ['-man', '-ww', '-Tutf8', '-P-cbou', '-rLL=500n'], {
  input: page,
  encoding: 'utf8',
});
const missing = groff.error !== undefined;

describe('the man page', () => {
  it.skipIf(missing)('is read by groff without a warning', () => {
    expect(groff.stderr).toBe('');
    expect(groff.status).toBe(0);
  });

  it.skipIf(missing)('has all that --help has: commands, options, examples and exit statuses', () => {
    const lines = (text: string) => new Set(text.split('\n').map((line) => line.trim().replace(/\s+/g, ' ')));
    const shown = lines(groff.stdout.replaceAll('\u2010', '-'));
    const has = (wanted: string) =>
      [...shown].some(
        (line) => line === wanted || line.startsWith(`${wanted} `) || line.endsWith(` ${wanted}`),
      );
    const left: string[] = [];
    for (const command of commandLine(() => {}).commands) {
      if (!has(`virtune ${command.name()}`)) left.push(command.name());
      for (const { flags, description } of command.createHelp().visibleOptions(command)) {
        if (!has(flags)) left.push(`${command.name()} ${flags}`);
        if (![...shown].some((line) => line.includes(description.replace(/\s+/g, ' '))))
          left.push(description);
      }
      let help = '';
      const output = { writeOut: (part: string) => (help += part), getOutHelpWidth: () => 10_000 };
      command.configureOutput(output).outputHelp();
      const [, after = ''] = help.split('\nExamples:\n');
      for (const line of after.split('\n')) {
        const words = line.replace(/^\s*(# )?/, '').replace(/\s+/g, ' ');
        if (/^\s/.test(line) && !line.includes('docs/') && !has(words)) left.push(words);
      }
    }
    expect(left).toEqual([]);
  });

  it('takes no text for a request of roff', () => {
    const requests = page.split('\n').filter((line) => /^[.']/.test(line));
    expect(requests.filter((line) => !/^\.(TH|SH|SS|TP|PP|B)( |$)/.test(line))).toEqual([]);
  });
});
