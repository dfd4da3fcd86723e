import { githubAttachments, githubReport } from './github.ts';
import { gitlabReport } from './gitlab.ts';
import { gitlabTerraformReport } from './gitlab_terraform.ts';
import { htmlReport } from './html/index.ts';
import { jsonReport } from './json.ts';
import { junitReport } from './junit.ts';
import { markdownReport } from './markdown.ts';
import { ndjsonEvents, ndjsonReport } from './ndjson.ts';
import { prometheusReport } from './prometheus.ts';
import type { Reporter } from './reporter.ts';
import { sarifReport } from './sarif.ts';

/** The formats of `--report`. To add one, add its file and its line. */
export const REPORTERS: Readonly<Record<string, Reporter>> = {
  json: { about: 'everything, as virtune.report/2', write: jsonReport },
  ndjson: { about: 'events as they happen, a JSON object a line', write: ndjsonReport, events: ndjsonEvents },
  junit: { about: 'JUnit XML for GitLab, Jenkins and others', write: junitReport },
  markdown: { about: 'a comment or a summary', write: markdownReport },
  github: {
    about: 'annotations, step summary and outputs of GitHub Actions',
    write: githubReport,
    ofCommands: true,
    attachments: githubAttachments,
  },
  gitlab: { about: "GitLab's Code Quality", write: gitlabReport },
  'gitlab-terraform': {
    about: "the counts of GitLab's merge request widget",
    write: gitlabTerraformReport,
  },
  html: { about: 'one page for people, complete without a network', write: htmlReport },
  sarif: { about: "SARIF 2.1.0 for GitHub's code scanning", write: sarifReport },
  prometheus: { about: "metrics for node_exporter's textfile collector", write: prometheusReport },
};
