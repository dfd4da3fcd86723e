import { stripVTControlCharacters } from 'node:util';
import { ciVariable } from '../base/ci.ts';
import type { Folds } from '../report/parts.ts';
import { withoutCommands, writeCommands } from './ci_commands.ts';

/**
 * What folds the log of a CI platform, where it can be folded: GitHub's `::group::`
 * (docs.github.com/actions/reference/workflow-commands-for-github-actions) and GitLab's sections
 * (docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections).
 */
export function foldsFor(
  stream: NodeJS.WriteStream,
  env: NodeJS.ProcessEnv,
  now: () => number = Date.now,
): Folds | undefined {
  const write = (text: string) => writeCommands(stream, text);
  switch (ciVariable(env)) {
    case 'GITHUB_ACTIONS':
      return {
        begin: (title) =>
          write(`::group::${withoutCommands(stripVTControlCharacters(title)).replaceAll('%', '%25')}\n`),
        end: () => write('::endgroup::\n'),
      };
    case 'GITLAB_CI': {
      let section = 0;
      const mark = (what: string, options: string, title: string) =>
        write(
          `\u001b[0Ksection_${what}:${Math.floor(now() / 1000)}:virtune_${process.pid}_${section}${options}\r\u001b[0K${title}\n`,
        );
      return {
        begin: (title) => {
          section++;
          mark('start', '[collapsed=true]', title);
        },
        end: () => mark('end', '', ''),
      };
    }
    default:
      return undefined;
  }
}
