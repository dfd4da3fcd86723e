import { printable } from '../base/text.ts';
import type { Play } from '../model/playbook.ts';

/** What to list of playbooks; several at once may be asked for. */
export interface Listing {
  readonly hosts: boolean;
  readonly tasks: boolean;
  readonly tags: boolean;
}

export interface ListedPlay {
  readonly play: Play;
  readonly hosts: readonly string[];
}

/** As `ansible-playbook --list-hosts --list-tasks --list-tags` (ansible-core, lib/ansible/cli/playbook.py). */
export function listPlays(plays: readonly ListedPlay[], what: Listing): string {
  const files = [...new Set(plays.map(({ play }) => play.file))];
  return files
    .map((file) => {
      const own = plays.filter(({ play }) => play.file === file);
      return `${playbookLine(file)}${own.map((one, index) => playText(one, index + 1, what)).join('')}`;
    })
    .join('');
}

/** As `--syntax-check` names each playbook that is right. */
export function playbookLine(file: string): string {
  return `\nplaybook: ${printable(file)}\n`;
}

function playText({ play, hosts }: ListedPlay, number: number, what: Listing): string {
  const lines = [
    '',
    `  play #${number} (${printable(play.hosts)}): ${printable(play.name)}\tTAGS: [${tagText(play.tags ?? [])}]`,
  ];
  if (what.hosts) {
    lines.push(`    pattern: ['${printable(play.hosts)}']`, `    hosts (${hosts.length}):`);
    lines.push(...hosts.map((host) => `      ${printable(host)}`));
  }
  if (what.tasks) {
    lines.push('    tasks:');
    for (const { name, tags } of play.tasks)
      lines.push(`      ${printable(name)}\tTAGS: [${tagText([...(play.tags ?? []), ...(tags ?? [])])}]`);
  }
  if (what.tags) {
    const all = [...(play.tags ?? []), ...play.tasks.flatMap((task) => task.tags ?? [])];
    lines.push(`      TASK TAGS: [${tagText(all)}]`);
  }
  return `${lines.join('\n')}\n`;
}

function tagText(tags: readonly string[]): string {
  return [...new Set(tags)].sort().map(printable).join(', ');
}
