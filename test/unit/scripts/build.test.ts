import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

describe('the build', () => {
  let dist = '';
  beforeAll(() => {
    dist = mkdtempSync(join(tmpdir(), 'virtune-dist-'));
    execFileSync(process.execPath, ['esbuild.config.mjs', dist], { cwd: ROOT });
  });
  afterAll(() => rmSync(dist, { recursive: true }));

  it('leaves what is installed outside of the bundle, and nothing else', () => {
    const code = readdirSync(dist, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFileSync(join(dist, name), 'utf8'));
    const imported = code.flatMap((text) =>
      [...text.matchAll(/^import [^'"]*?["']([^'".][^'"]*)["'];$|\bimport\("([^".][^"]*)"\)/gm)].map(
        ([, top, later]) => top ?? later ?? '',
      ),
    );
    const packages = imported
      .filter((name) => !name.startsWith('node:') && !builtinModules.includes(name))
      .map((name) => name.split('/')[0]);
    expect([...new Set(packages)].sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  it('has the licence of each package that is in the bundle', () => {
    const text = readFileSync(join(dist, 'LICENSES.txt'), 'utf8');
    for (const name of ['ajv', 'commander', 'fast-xml-parser', 'p-limit', 'yaml']) {
      expect(text).toContain(`\n${name} ${manifest.devDependencies[name]} (`);
    }
    // Also of those that came along.
    expect(text).toMatch(/\nfast-uri \S+ \(BSD-3-Clause\)\n\n.*Redistribution/s);
    for (const name of Object.keys(manifest.dependencies)) expect(text).not.toContain(`\n${name} `);
  });
});
