#!/bin/bash
# Goes on as PID 1 within the root of the cloud. Its arguments are what lab.sh looks for in its command line.
export LC_ALL=C.UTF-8 HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin
trap '' HUP INT TERM
(bash /run/lab/bin/daemons.sh || touch /run/lab/failed) &
while :; do sleep 86400 & wait; done    # bash reaps every orphan that it inherits
