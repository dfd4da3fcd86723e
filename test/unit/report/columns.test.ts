import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { columnsOf } from '../../../src/report/columns.ts';

it('counts as the tables of Unicode do, beside one another and with what changes a width', () => {
  const signs = ['a', '~', ' ', '·', '’', '…', '→', 'é', '店', '\u200d', '\ufe0f', '\u0301', '👍', '\t'];
  for (const a of signs)
    for (const b of signs)
      for (const c of signs)
        expect([a, b, c, columnsOf(a + b + c)]).toEqual([a, b, c, stringWidth(a + b + c)]);
});
