// Loaded with `node --require` into a measured process: writes what it used to file descriptor 3 when it ends.
const { readFileSync, writeSync } = require('node:fs');

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  // maxRSS counts the parent's memory too, which the kernel hands on; VmHWM is this process's own.
  let peakKiB = maxRSS;
  try {
    peakKiB = Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))[1]);
  } catch {}
  writeSync(3, JSON.stringify({ cpuMs: (userCPUTime + systemCPUTime) / 1000, peakBytes: peakKiB * 1024 }));
});
