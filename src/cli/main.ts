#!/usr/bin/env node
import module from 'node:module';

// Node from 22.8 on keeps what it has compiled for the next start. Before anything else is imported.
(module as { readonly enableCompileCache?: () => void }).enableCompileCache?.();
const { main } = await import('./program.ts');

// A reader that goes away (`virtune show | head`) is no error of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await main(process.argv);
