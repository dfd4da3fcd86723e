import { describe, expect, it } from 'vitest';
import { renderDiagnostic } from '../../../src/report/diagnostic.ts';

const place = (line: number, column: number) => ({ file: 'hosts.yml', line, column });

describe('renderDiagnostic', () => {
  it('shows the line and a caret', () => {
    const text = 'all:\n  hosts:\n    outboud: 1\n';
    const d = {
      severity: 'error',
      message: 'unknown key "outboud"',
      hint: 'did you mean "outbound"?',
      place: place(3, 5),
    } as const;
    expect(renderDiagnostic(d, text)).toBe(
      [
        'hosts.yml:3:5: error: unknown key "outboud"',
        '  3 |     outboud: 1',
        '    |     ^',
        '  hint: did you mean "outbound"?',
      ].join('\n'),
    );
  });

  it.each([
    ['no place', { severity: 'warning', message: 'm' } as const, 'text', 'warning: m'],
    [
      'no text',
      { severity: 'error', message: 'm', place: place(1, 2) } as const,
      undefined,
      'hosts.yml:1:2: error: m',
    ],
    [
      'a line beyond the text',
      { severity: 'error', message: 'm', place: place(9, 1) } as const,
      'a',
      'hosts.yml:9:1: error: m',
    ],
    [
      'the end of a line',
      { severity: 'error', message: 'm', place: place(1, 4) } as const,
      'abc\r\nd',
      'hosts.yml:1:4: error: m\n  1 | abc\n    |    ^',
    ],
    [
      'tabs and wide letters',
      { severity: 'error', message: 'm', place: place(1, 5) } as const,
      '\t日本 x',
      'hosts.yml:1:5: error: m\n  1 |  日本 x\n    |       ^',
    ],
    [
      'escapes',
      { severity: 'error', message: 'a\u001b[2Jb', hint: 'x\ny', place: place(1, 3) } as const,
      'a\u001bb',
      'hosts.yml:1:3: error: a\\x1b[2Jb\n  1 | a\\x1bb\n    |      ^\n  hint: x\\ny',
    ],
  ])('%s', (_name, diagnostic, text, expected) => {
    expect(renderDiagnostic(diagnostic, text)).toBe(expected);
  });

  it('cuts long lines around the place', () => {
    const rendered = renderDiagnostic(
      { severity: 'error', message: 'm', place: place(1, 501) },
      `${'a'.repeat(500)}X${'b'.repeat(500)}`,
    );
    const [, line = '', caret = ''] = rendered.split('\n');
    expect(line.length).toBeLessThan(120);
    expect(line[caret.indexOf('^')]).toBe('X');
    expect(line).toMatch(/…a+Xb+…$/);
  });

  it('escapes the file name', () => {
    expect(
      renderDiagnostic({ severity: 'error', message: 'm', place: { file: 'a\nb', line: 1, column: 1 } }),
    ).toBe('a\\nb:1:1: error: m');
  });
});
