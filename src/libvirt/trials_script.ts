/**
 * The part of the reading program that tells what a host would give back unless somebody confirms it: the files of
 * watchdogs (watchdog_script.ts) that wait, or give back just now. Of a folder that anybody may write to only those of
 * the login itself count.
 */
export const TRIALS =
  'for i in /run/virtune-*/*do* /dev/shm/virtune-*/*do*; do' +
  ' case $i in /dev*) [ -O $i ];; *) [ -r $i ];; esac && echo $m:w:$i && cat $i; done 2>/dev/null';
