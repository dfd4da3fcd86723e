import { randomBytes } from 'node:crypto';
import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';
import { leftOver, MARK } from './left_over.ts';
import { IN_CI, type LeftOut, leftOutLines, type Missing } from './reasons.ts';

/**
 * Says at the end of a test run what it has left out and why, and what it has left running, which it then ends: a process
 * that outlives its test is a defect of one of the two.
 */
export function leftOutReporter(): Reporter {
  let root = '';
  let isPart = false;
  let lines: readonly string[] = [];
  const atExit = (mark: string): void => {
    const running = leftOver(mark);
    const all = [
      ...lines,
      ...running.map(({ pid, words }) => `Left running, and ended now: ${pid} ${words.slice(0, 200)}`),
    ];
    if (all.length > 0) process.stderr.write(`\n${all.join('\n')}\n`);
    for (const { pid } of running) end(pid);
    if (lines.some((line) => line.endsWith(IN_CI))) process.exitCode = 1;
  };
  return {
    onInit(vitest) {
      const mark = randomBytes(8).toString('hex');
      process.env[MARK] = mark;
      root = vitest.config.root;
      // With -t all others are skipped, which is what somebody wants.
      isPart = vitest.config.testNamePattern !== undefined;
      // After everything, the set-up of the projects taken down as well.
      process.on('exit', () => atExit(mark));
    },
    onTestRunEnd(modules) {
      const tests = modules.flatMap((module) =>
        [...module.children.allTests()]
          .filter((test) => test.result().state === 'skipped')
          .map(
            (test): LeftOut => ({
              project: module.project.name,
              file: relative(root, module.moduleId),
              name: test.fullName,
            }),
          ),
      );
      lines = isPart ? [] : leftOutLines(tests, missingOf(modules), process.env.CI === 'true');
    },
  };
}

function missingOf(modules: readonly TestModule[]): Missing {
  const found = modules.map(({ project }) => project.getProvidedContext());
  const lab = found.map(({ labMissing }) => labMissing).find((reason) => reason) ?? '';
  const ansible = found.map(({ ansibleMissing }) => ansibleMissing).find((reason) => reason) ?? '';
  return { lab, ansible };
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
