import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { shellWords } from '../../../src/base/shell_words.ts';
import { actionIn, readAction } from '../../../src/serve/action.ts';
import { readCeilings } from '../../../src/serve/ceilings.ts';
import { ROUTES } from '../../../src/serve/http/routes.ts';
import { checkLimitsRequest } from '../../../src/serve/http/schemas.ts';
import { readLimits } from '../../../src/serve/limits.ts';
import { blocksOf } from './blocks.ts';

/** What docs/serve.md sends is what a service takes. */

const blocks = blocksOf('serve.md');
const curls = blocks
  .flatMap(({ text }) => text.replaceAll(/\\\n\s*/g, '').split('\n'))
  .filter((line) => line.startsWith('curl '))
  .map((line): readonly string[] => {
    const words = shellWords(line.replaceAll(/\$\w+/g, 'x'));
    if ('problem' in words) throw new Error(`${line}: ${words.problem}`);
    return words;
  });

it('shows requests with curl to paths that there are, with bodies that are taken', () => {
  expect(curls.length).toBe(3);
  for (const words of curls) {
    const value = (flag: string) => words[words.indexOf(flag) + 1] ?? '';
    const method = value('-X');
    const { pathname } = new URL(words.find((word) => word.startsWith('http')) ?? '');
    const body: unknown = words.includes('-d') ? JSON.parse(value('-d')) : undefined;
    if (pathname.startsWith('/v2.1/')) {
      const { name, value: given } = actionIn(body);
      const action = readAction(name, given);
      expect(action?.what === 'setInterface' && readLimits(action.limits).inbound?.average).toBe(10240);
      continue;
    }
    const route = ROUTES.find(
      (one) =>
        one.method === method && new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
    );
    expect([method, pathname, route?.id]).toEqual([method, pathname, expect.any(String)]);
    if (route?.body !== undefined) expect(checkLimitsRequest(body)).toEqual([]);
  }
});

it('shows a body in Python that is taken', () => {
  const python = blocks.find(({ language }) => language === 'python')?.text ?? '';
  const { name, value } = actionIn(JSON.parse(/json=(\{.*\}),/.exec(python)?.[1] ?? ''));
  const action = readAction(name, value);
  expect(action?.what === 'setInterface' && readLimits(action.limits).outbound?.average).toBe(12_500);
});

it('shows ceilings that are read', () => {
  const ceilings = blocks.find(({ text }) => text.startsWith('ceilings:'))?.text ?? '';
  expect(readCeilings(parse(ceilings)).map(({ rate, nics }) => [rate, nics])).toEqual([
    [1_250_000, null],
    [125_000, 20],
  ]);
});
