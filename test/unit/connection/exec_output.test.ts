import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ConnectionError } from '../../../src/connection/connection.ts';
import { watchOutput } from '../../../src/connection/exec_output.ts';

const target = { host: 'hv1', idleTimeoutMs: 1_000, execTimeoutMs: 3_500 };

describe('watchOutput', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function watched(limitBytes?: number) {
    const errors: ConnectionError[] = [];
    return { errors, output: watchOutput(target, (error) => errors.push(error), limitBytes) };
  }

  it('gives up after silence', () => {
    const { errors } = watched();
    vi.advanceTimersByTime(999);
    expect(errors).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(errors.map(({ message }) => message)).toEqual(['hv1 sent nothing for 1 s while a command ran']);
  });

  it('waits on while something comes, up to the total', () => {
    const { errors, output } = watched();
    for (let i = 0; i < 3; i++) {
      vi.advanceTimersByTime(900);
      (i % 2 ? output.stdout : output.stderr)(Buffer.from('.'));
    }
    expect(errors).toEqual([]);
    vi.advanceTimersByTime(800);
    expect(errors.map(({ message }) => message)).toEqual(['a command on hv1 was not done after 3.5 s']);
    vi.advanceTimersByTime(10_000);
    expect(errors).toHaveLength(1);
  });

  it('caps both streams together, once, and keeps nothing', () => {
    const { errors, output } = watched(10);
    output.stdout(Buffer.from('12345'));
    output.stderr(Buffer.from('12345'));
    expect(errors).toEqual([]);
    output.stdout(Buffer.from('1'));
    output.stdout(Buffer.from('1'));
    expect(errors.map(({ code }) => code)).toEqual(['output_too_large']);
    expect(output.result(0).stdout).toBe('');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('joins characters that were cut in two', () => {
    const { output } = watched();
    const bytes = Buffer.from('é€😀');
    for (const byte of bytes) output.stdout(Buffer.from([byte]));
    output.stop();
    expect(output.result(0)).toEqual({ stdout: 'é€😀', stderr: '', code: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });
});
