import type { HostResult } from '../model/result.ts';

/** What a reporter hears while the run goes on. */
export interface Observer {
  playStarted?(name: string, hosts: number): void;
  hostStarted?(name: string): void;
  hostDone?(result: HostResult): void;
}
