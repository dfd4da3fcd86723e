#!/bin/bash
# Starts the cloud: databases, then what the others ask (Keystone, RabbitMQ), then all the rest.
set -eu
. /run/lab/env          # LAB_ADDRESS, LAB_NAME, LAB_NET, LAB_EXTENSIONS, LAB_TC
. /run/lab/bin/start.sh
. /run/lab/bin/configure.sh
. /run/lab/bin/mount-tc.sh
for ((i = 0; i < 200; i++)); do [[ -e /run/lab/net ]] && break; sleep 0.05; done

# The "physical" networks: a pair of interfaces each, whose far end leads nowhere.
for i in 1 2; do
  ip link add "phys$i" type veth peer name "far$i"
  ip link set "phys$i" up
  ip link set "far$i" up
done
/usr/sbin/sshd -E /run/lab/log/sshd.log
start mariadb mariadbd --user=mysql --bind-address=127.0.0.1 --skip-log-bin --innodb-flush-log-at-trx-commit=0 \
  --innodb-use-native-aio=0 --innodb-flush-method=fsync --max-connections=500 --performance-schema=0 \
  --socket=/run/mysqld/mysqld.sock
rm -rf /var/lib/rabbitmq/mnesia
start rabbitmq env RABBITMQ_NODENAME=rabbit@localhost RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+sbwt none +S 1:1' \
  rabbitmq-server
virtlogd -d
libvirtd -d
wait_for 600 mysql --user=root --execute='select 1'
fresh=''
if [[ ! -e /var/lib/lab-seeded ]]; then
  fresh=1
  . /run/lab/bin/databases.sh
else
  # The catalog has the address of the cloud in which it was seeded.
  mysql --user=root --execute="UPDATE keystone.endpoint SET url =
    REGEXP_REPLACE(url, '^http://[0-9.]+', 'http://$LAB_ADDRESS')"
fi

wsgi() { # NAME PORT FILE
  start "$1" uwsgi_python3 --http-socket "$LAB_ADDRESS:$2" --wsgi-file "$3" --master --processes 1 --threads 2 \
    --enable-threads --die-on-term --need-app --buffer-size 65535 --add-header 'Connection: close'
}
neutron=(--config-file /etc/neutron/neutron.conf --config-file /etc/neutron/plugins/ml2)
wsgi keystone 5000 /usr/bin/keystone-wsgi-public
wait_for 600 listens 127.0.0.1 5672
start neutron-server neutron-server "${neutron[@]}/ml2_conf.ini"
if [[ $LAB_NET = ovs ]]; then
  [[ -e /etc/openvswitch/conf.db ]] ||
    ovsdb-tool create /etc/openvswitch/conf.db /usr/share/openvswitch/vswitch.ovsschema
  ovsdb-server --detach --no-chdir --pidfile --log-file=/run/lab/log/ovsdb-server.log \
    --remote=punix:/run/openvswitch/db.sock --remote=ptcp:6640:127.0.0.1 /etc/openvswitch/conf.db
  ovs-vsctl --no-wait init
  ovs-vswitchd --detach --no-chdir --pidfile --log-file=/run/lab/log/ovs-vswitchd.log
  for i in 1 2; do
    ovs-vsctl --may-exist add-br "br-p$i" -- set bridge "br-p$i" datapath_type=netdev
  done
fi
wait_for 600 listens "$LAB_ADDRESS" 5000
# nova-conductor ends where it cannot log in: its user comes first.
[[ -z $fresh ]] || python3 /run/lab/bin/seed.py identity "$LAB_ADDRESS"
wsgi placement 8778 /usr/bin/placement-api
start nova-api nova-api
start glance-api glance-api
start nova-conductor nova-conductor
start nova-scheduler nova-scheduler
start agent "neutron-${LAB_NET/ovs/openvswitch}-agent" "${neutron[@]}/agent.ini"
for port in 8778 8774 9696 9292; do wait_for 1200 listens "$LAB_ADDRESS" "$port"; done
start nova-compute nova-compute --config-file /etc/nova/nova.conf
[[ -z $fresh ]] || python3 /run/lab/bin/seed.py cloud "$LAB_ADDRESS"
python3 /run/lab/bin/seed.py wait "$LAB_ADDRESS"
if [[ $fresh ]]; then
  nova-manage cell_v2 discover_hosts >>/run/lab/log/database-nova.log 2>&1
  touch /var/lib/lab-seeded
fi
touch /run/lab/ready
