"""What the cloud of the lab has: `seed.py identity|cloud|wait ADDRESS`. Running it again changes nothing."""
import sys
import time

import openstack

PART, ADDRESS = sys.argv[1:]
ROLES = {"demo": ("demo", "member"), "reader": ("demo", "reader"), "other": ("other", "member")}
SERVICES = {"nova": ("compute", ":8774/v2.1"), "neutron": ("network", ":9696"), "glance": ("image", ":9292"),
            "placement": ("placement", ":8778")}
VIF = {"inbound_average": 1280, "inbound_peak": 2560, "inbound_burst": 1280,
       "outbound_average": 640, "outbound_peak": 1280, "outbound_burst": 640}
FLAVORS = {
    "plain": {},
    "limited": {"quota:vif_" + key: str(value) for key, value in VIF.items()},
    "faster": {"quota:vif_inbound_average": "5120", "quota:vif_outbound_average": "5120"},
    "capped": {"quota:cpu_quota": "50000", "quota:cpu_period": "100000", "quota:disk_read_bytes_sec": "10485760"},
}

cloud = openstack.connect(auth_url="http://%s:5000/v3" % ADDRESS, username="admin", password="lab",
                          project_name="admin", user_domain_name="Default", project_domain_name="Default",
                          region_name="RegionOne")


def identity():
    users = cloud.identity
    for name in ("demo", "other", "service"):
        users.find_project(name) or users.create_project(name=name, domain_id="default")
    roles = dict(ROLES, **{service: ("service", "admin") for service in SERVICES})
    roles["virtune"] = ("service", "service")       # may ask whose a token is, and nothing else
    for name, (project, role) in roles.items():
        user = users.find_user(name) or users.create_user(name=name, password="lab", domain_id="default")
        known = users.find_role(role) or users.create_role(name=role)
        users.assign_project_role_to_user(users.find_project(project), user, known)
    for name, (kind, path) in SERVICES.items():
        if users.find_service(name):
            continue
        service = users.create_service(name=name, type=kind)
        for side in ("public", "internal", "admin"):
            users.create_endpoint(service_id=service.id, interface=side, region_id="RegionOne",
                                  url="http://" + ADDRESS + path)


def seed():
    if not cloud.image.find_image("empty"):
        image = cloud.image.create_image(name="empty", disk_format="raw", container_format="bare", visibility="public")
        image.data = b"\0" * 2**20
        image.upload(cloud.image)
    for name, specs in FLAVORS.items():
        if cloud.compute.find_flavor(name):
            continue
        flavor = cloud.compute.create_flavor(name=name, ram=64, vcpus=1, disk=1)
        if specs:
            cloud.compute.create_flavor_extra_specs(flavor, specs)
    net = cloud.network
    for number in (1, 2):
        name = "net%d" % number
        if net.find_network(name):
            continue
        made = net.create_network(name=name, is_shared=True, is_port_security_enabled=False,
                                  provider_network_type="flat", provider_physical_network="physnet%d" % number)
        net.create_subnet(name="sub%d" % number, network_id=made.id, ip_version=4, gateway_ip=None,
                          cidr="192.168.%d.0/24" % number, is_dhcp_enabled=False)
    if not net.find_qos_policy("qos-8m"):
        policy = net.create_qos_policy(name="qos-8m", is_shared=True)
        net.create_qos_bandwidth_limit_rule(policy, max_kbps=8000, max_burst_kbps=800, direction="ingress")


def wait():
    """Until Nova and Neutron have heard of the one host in this run: what they had heard before is as old as the seed."""
    begun, end = time.time(), time.time() + 1200
    while time.time() < end:
        up = [one for one in cloud.compute.services() if one.binary == "nova-compute" and one.state == "up"]
        alive = [one for one in cloud.network.agents() if one.is_alive]
        if up and alive:
            return
        time.sleep(0.5)
    sys.exit("nova-compute or the agent is not up after %d s" % (time.time() - begun))


{"identity": identity, "cloud": seed, "wait": wait}[PART]()
