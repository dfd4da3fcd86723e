import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Observer } from '../engine/observer.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { RunResult } from '../model/result.ts';
import { REPORTERS } from '../reporters/index.ts';
import type { EventFormat } from '../reporters/reporter.ts';
import { type ReportRequest, reportName, toldDefect } from './reports.ts';
import { unwrittenText } from './whole_file.ts';

/** A report that is written while the run goes on. */
export interface EventReport extends Observer {
  /** Writes the last line. @returns what could not be written */
  end(result: RunResult): Promise<readonly Diagnostic[]>;
}

/** Begins the reports that tell events as they happen: each line is written at once. A file grows; nothing waits. */
export function eventReports(requests: readonly ReportRequest[]): readonly EventReport[] {
  return requests.flatMap(({ format, file }) => {
    const events = REPORTERS[format]?.events;
    return events === undefined ? [] : [eventReport(events, file)];
  });
}

function eventReport(events: EventFormat, file: string | null): EventReport {
  const out = file === null ? process.stdout : createWriteStream(file);
  const problems: Diagnostic[] = [];
  // What becomes of standard output the process says at its end.
  if (file !== null)
    out.on('error', (error) => {
      problems.push({
        severity: 'error',
        message: `${reportName(file)} could not be written: ${unwrittenText(error, file)}`,
        hint: 'the run itself is over: what is shown above it has done',
      });
    });
  const now = (): string => new Date().toISOString();
  const write = (line: () => string): void => {
    if (problems.length > 0) return;
    try {
      out.write(line());
    } catch (cause) {
      problems.push(toldDefect(reportName(file), cause));
    }
  };
  return {
    runStarted: (run) => write(() => events.runStarted(run, run.startedAt)),
    playStarted: (name, hosts) => write(() => events.playStarted(name, hosts, now())),
    hostStarted: (name) => write(() => events.hostStarted(name, now())),
    hostWaiting: (name, holder) => write(() => events.hostWaiting(name, holder, now())),
    hostDone: (result) => write(() => events.hostDone(result, now())),
    end: async (result) => {
      write(() => events.runEnded(result, now()));
      if (file !== null && !out.destroyed) {
        out.end();
        await once(out, 'close').catch(() => {});
      }
      return problems;
    },
  };
}
