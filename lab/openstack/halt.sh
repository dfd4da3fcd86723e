#!/bin/bash
# Ends what writes, so that the databases are whole on disk.
set -eu
for file in /run/lab/*.daemon; do
  [[ $file = */mariadb.daemon ]] || kill "$(<"$file")" 2>/dev/null || :
done
mysqladmin --user=root shutdown
pid=$(</run/lab/mariadb.daemon)
while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
rm -rf /var/lib/rabbitmq/mnesia
sync
