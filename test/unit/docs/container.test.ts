import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerfileParser } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';

/** The container file, as builders read it; test/thorough/container.test.ts builds it. */

const ROOT = join(import.meta.dirname, '../../..');
const text = readFileSync(join(ROOT, 'Containerfile'), 'utf8');
const file = DockerfileParser.parse(text);

describe('the container file', () => {
  it('has nothing that a builder objects to', () => {
    expect(validate(text).map(({ message }) => message)).toEqual([]);
    expect(validate('FROM a\nRUNN b\n')).not.toEqual([]);
  });

  it('begins each stage from the one base that its user names, with its whole name', () => {
    const [base] = file.getInitialARGs();
    expect(base?.getProperty()?.getName()).toBe('BASE');
    expect(base?.getProperty()?.getValue()).toMatch(/^docker\.io\/library\/node:\d+-\w+-slim$/);
    expect(file.getFROMs().map((from) => from.getImage())).toEqual([`\${BASE}`, 'base', 'base']);
  });

  it('ends as a user that is not root, by number, with virtune as what it runs', () => {
    const last = file.getInstructions().map((one) => `${one.getKeyword()} ${one.getArgumentsContent()}`);
    expect(last.slice(-4)).toEqual([
      'USER 1000:1000',
      'WORKDIR /work',
      'ENTRYPOINT ["virtune"]',
      'CMD ["--help"]',
    ]);
  });

  it('takes no secret: arguments stay readable in an image', () => {
    expect(text).not.toMatch(/^\s*(?:ARG|ENV)\s.*(?:token|secret|pass|key)/im);
    for (const name of ['.containerignore', '.dockerignore']) {
      const left = readFileSync(join(ROOT, name), 'utf8').split('\n');
      expect(left, name).toEqual(expect.arrayContaining(['.git', 'node_modules', '.lab']));
    }
  });
});
