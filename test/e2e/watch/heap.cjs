// Loaded with `node --require` into a watch: on SIGUSR2 it collects garbage and writes what is left in use to a file.
// Compiled code is left out: V8 compiles more and more of a program that runs for long, and stops when it has it all.
const { renameSync, writeFileSync } = require('node:fs');
const { getHeapSpaceStatistics, setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');

process.on('SIGUSR2', () => {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const file = process.env.VIRTUNE_TEST_HEAP;
  const code = getHeapSpaceStatistics()
    .filter(({ space_name }) => space_name.startsWith('code_'))
    .reduce((sum, { space_used_size }) => sum + space_used_size, 0);
  const { heapUsed } = process.memoryUsage();
  writeFileSync(`${file}.new`, JSON.stringify({ heapUsed: heapUsed - code }));
  renameSync(`${file}.new`, file);
});
