# Sourced by daemons.sh where the databases are not there yet: makes them all, as far as they can at once.
{
  for name in keystone placement glance nova_api nova nova_cell0 neutron; do
    echo "CREATE DATABASE IF NOT EXISTS $name CHARACTER SET utf8;"
  done
  for host in 127.0.0.1 localhost; do echo "GRANT ALL ON *.* TO lab@'$host' IDENTIFIED BY 'lab';"; done
} | mysql --user=root

make_keystone() {
  keystone-manage db_sync
  keystone-manage fernet_setup --keystone-user root --keystone-group root
  keystone-manage credential_setup --keystone-user root --keystone-group root
  local url=http://$LAB_ADDRESS:5000/v3
  keystone-manage bootstrap --bootstrap-password lab --bootstrap-region-id RegionOne --bootstrap-admin-url "$url" \
    --bootstrap-internal-url "$url" --bootstrap-public-url "$url"
  placement-manage db sync
  glance-manage db_sync
}
make_neutron() {
  neutron-db-manage --config-file /etc/neutron/neutron.conf --config-file /etc/neutron/plugins/ml2/ml2_conf.ini \
    upgrade heads
}
make_nova() {
  nova-manage api_db sync
  nova-manage cell_v2 map_cell0 --database_connection 'mysql+pymysql://lab:lab@127.0.0.1/nova_cell0?charset=utf8'
  nova-manage db sync
  nova-manage cell_v2 create_cell --name cell1
}
pids=()
for part in keystone neutron nova; do
  make_$part >"/run/lab/log/database-$part.log" 2>&1 &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid"; done
