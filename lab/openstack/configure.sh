# Sourced by daemons.sh: the configuration of every service, written whole, since Debian's files are for other layouts.
# Traps that are met here: linuxbridge needs to be named experimental since Zed; uwsgi's own HTTP resets connections that
# clients keep; Nova waits a minute for guests without a system to shut down.

service_login() { # USER
  cat <<CONF
auth_url = http://$LAB_ADDRESS:5000
auth_type = password
username = $1
password = lab
project_name = service
user_domain_name = Default
project_domain_name = Default
region_name = RegionOne
CONF
}
database() { echo "connection = mysql+pymysql://lab:lab@127.0.0.1/$1?charset=utf8"; }

printf '%s\n' '127.0.0.1 localhost' "$LAB_ADDRESS $LAB_NAME" >/etc/hosts
mkdir -p /run/mysqld /run/libvirt /run/openvswitch /run/sshd /var/lock /var/lib/nova/instances
chown mysql:mysql /run/mysqld
chmod 755 /var/lib/nova

cat >/etc/keystone/keystone.conf <<CONF
[database]
$(database keystone)
[token]
provider = fernet
CONF
cat >/etc/placement/placement.conf <<CONF
[api]
auth_strategy = keystone
[placement_database]
$(database placement)
[keystone_authtoken]
$(service_login placement)
CONF
cat >/etc/glance/glance-api.conf <<CONF
[DEFAULT]
bind_host = $LAB_ADDRESS
workers = 0
enabled_backends = disk:file
[database]
$(database glance)
[glance_store]
default_backend = disk
[disk]
filesystem_store_datadir = /var/lib/glance/images
[keystone_authtoken]
$(service_login glance)
[paste_deploy]
flavor = keystone
CONF
: >/etc/nova/nova-compute.conf
cat >/etc/nova/nova.conf <<CONF
[DEFAULT]
transport_url = rabbit://guest:guest@127.0.0.1:5672/
my_ip = $LAB_ADDRESS
host = $LAB_NAME
state_path = /var/lib/nova
enabled_apis = osapi_compute
osapi_compute_listen = $LAB_ADDRESS
osapi_compute_workers = 1
compute_driver = libvirt.LibvirtDriver
allow_resize_to_same_host = true
reserved_host_memory_mb = 0
shutdown_timeout = 3
[api]
auth_strategy = keystone
[api_database]
$(database nova_api)
[database]
$(database nova)
[conductor]
workers = 1
[scheduler]
workers = 1
[glance]
api_servers = http://$LAB_ADDRESS:9292
[vnc]
enabled = false
[libvirt]
virt_type = qemu
cpu_mode = none
wait_soft_reboot_seconds = 5
[oslo_concurrency]
lock_path = /run/lock
[keystone_authtoken]
$(service_login nova)
[placement]
$(service_login placement)
[neutron]
$(service_login neutron)
CONF
cat >/etc/neutron/neutron.conf <<CONF
[DEFAULT]
transport_url = rabbit://guest:guest@127.0.0.1:5672/
bind_host = $LAB_ADDRESS
host = $LAB_NAME
core_plugin = ml2
service_plugins = qos
auth_strategy = keystone
api_workers = 0
rpc_workers = 1
rpc_state_report_workers = 0
notify_nova_on_port_status_changes = true
notify_nova_on_port_data_changes = true
[experimental]
linuxbridge = true
[database]
$(database neutron)
[keystone_authtoken]
$(service_login neutron)
[nova]
$(service_login nova)
[oslo_concurrency]
lock_path = /run/lock
[agent]
root_helper = sudo
CONF
cat >/etc/neutron/plugins/ml2/ml2_conf.ini <<CONF
[ml2]
type_drivers = flat
tenant_network_types =
mechanism_drivers = ${LAB_NET/ovs/openvswitch}
extension_drivers = port_security,qos
[ml2_type_flat]
flat_networks = physnet1,physnet2
CONF
cat >/etc/neutron/plugins/ml2/agent.ini <<CONF
[linux_bridge]
physical_interface_mappings = physnet1:phys1,physnet2:phys2
[vxlan]
enable_vxlan = false
[ovs]
bridge_mappings = physnet1:br-p1,physnet2:br-p2
datapath_type = netdev
of_connect_timeout = 60
[securitygroup]
enable_security_group = false
firewall_driver = noop
[agent]
extensions = $LAB_EXTENSIONS
CONF
cat >/etc/libvirt/qemu.conf <<'CONF'
user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
remember_owner = 0
CONF
printf '%s\n' 'auth_unix_rw = "none"' 'unix_sock_group = "root"' \
  "host_uuid = \"$(cat /proc/sys/kernel/random/uuid)\"" >/etc/libvirt/libvirtd.conf
sed -i 's/^root:[^:]*:/root:*:/' /etc/shadow      # "!" would lock root out without PAM
rm -rf /etc/ssh/sshd_config.d /etc/ssh/ssh_host_*
install -m 600 /run/lab/ssh_host_ed25519_key /etc/ssh/
cat >/etc/ssh/sshd_config <<CONF
ListenAddress $LAB_ADDRESS
HostKey /etc/ssh/ssh_host_ed25519_key
AuthorizedKeysFile /run/lab/authorized_keys
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
MaxStartups 1000
CONF
