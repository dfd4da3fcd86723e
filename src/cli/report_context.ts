import type { ReportContext } from '../reporters/reporter.ts';
import { version } from './package.ts';
import { namesIn, repositoryRoot } from './repository.ts';

/** What reports tell of where this process runs. @param plan the file of a saved plan */
export function reportContext(plan?: string): ReportContext {
  const cwd = process.cwd();
  return { version: version(), inRepository: namesIn(repositoryRoot(cwd, process.env), cwd), plan };
}
