import { expect, it } from 'vitest';
import { foldsFor } from '../../../src/cli/folds.ts';
import { writeParts } from '../../../src/report/parts.ts';

const LONG = {
  lines: ['\u001b[1mrule "100 % ##[error]"\u001b[22m', '1', '2', '3', '4', '5', '6'],
  foldable: true,
};
const PARTS = [
  LONG,
  { lines: [''] },
  { lines: ['rule "short"', '1'], foldable: true },
  { ...LONG, foldable: false },
];

function folded(env: Record<string, string>): string {
  let text = '';
  const write = (more: string) => {
    text += more;
    return true;
  };
  const stream = { write } as unknown as NodeJS.WriteStream;
  writeParts(
    PARTS,
    write,
    foldsFor(stream, env, () => 1_764_100_000_999),
  );
  return text.replaceAll(String(process.pid), 'PID');
}
const plain = PARTS.flatMap(({ lines }) => lines);

it('folds long parts that may be in the log of GitHub, under a title without colours', () => {
  expect(folded({ CI: 'true', GITHUB_ACTIONS: 'true' }).split('\n')).toEqual([
    '::group::rule "100 %25 # #[error]"',
    ...plain.slice(1, 7),
    '::endgroup::',
    ...plain.slice(7),
    '',
  ]);
});

it('folds them in the log of GitLab', () => {
  expect(folded({ CI: 'true', GITLAB_CI: 'true' }).split('\n')).toEqual([
    `\u001b[0Ksection_start:1764100000:virtune_PID_1[collapsed=true]\r\u001b[0K${plain[0]}`,
    ...plain.slice(1, 7),
    '\u001b[0Ksection_end:1764100000:virtune_PID_1\r\u001b[0K',
    ...plain.slice(7),
    '',
  ]);
});

it('writes lines as they are elsewhere', () => {
  for (const env of [{}, { CI: 'true' }]) expect(folded(env)).toBe(`${plain.join('\n')}\n`);
});
