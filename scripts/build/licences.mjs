import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The licence of each package that something of has gone into the build, word by word, as their terms want it. */
export function licencesOf(files) {
  const folders = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  const licences = [...new Set(folders.filter((folder) => folder !== undefined))].sort().map((folder) => {
    const { name, version, licenses, author, repository, ...more } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    const license = more.license ?? licenses?.map(({ type }) => type).join(', ');
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(-\w+)?(\.\w+)?$/i.test(entry));
    if (license === undefined) throw new Error(`${name} does not say under which licence it is`);
    const text =
      file === undefined
        ? `(no text of it in the package; by ${author?.name ?? author}, ${repository?.url ?? repository})`
        : readFileSync(join(folder, file), 'utf8').trim();
    // Of what a package has in it itself.
    const others = join(folder, 'build/3rd-party-licenses');
    const parts = existsSync(others) ? `\n${readFileSync(others, 'utf8').trim()}\n` : '';
    return `${name} ${version} (${license})\n\n${text}\n${parts}`;
  });
  const head = 'Packages of others that are part of the files in this folder, and their licences.\n';
  return [head, ...licences].join(`\n${'-'.repeat(80)}\n\n`);
}
