import { jsonReport } from './json.ts';
import { junitReport } from './junit.ts';
import type { Reporter } from './reporter.ts';

/** The formats of `--report`. To add one, add its file and its line. */
export const REPORTERS: Readonly<Record<string, Reporter>> = {
  json: { about: 'everything, as virtune.report/2', write: jsonReport },
  junit: { about: 'JUnit XML for GitLab, Jenkins and others', write: junitReport },
};
