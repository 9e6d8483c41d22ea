# SPDX-License-Identifier: GPL-2.0-or-later
"""Rulesets of any size, the same for every run."""
import random


def mixed(n):
    """Chains of a thousand rules: addresses, ports, lists of ports, connection states, comments."""
    r = random.Random(1)
    chains = max(1, n // 1000)
    yield '*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n'
    for i in range(chains):
        yield f':c{i} - [0:0]\n'
    for i in range(chains):
        yield f'-A INPUT -s 10.{i % 256}.{i // 256 % 256}.0/24 -j c{i}\n'
    for i in range(n - chains):
        chain, port = f'-A c{i % chains}', r.randrange(1, 65535)
        host = '.'.join(str(r.randrange(1, 224)) for _ in range(4))
        yield (f'{chain} -s {host}/32 -p tcp -m tcp --dport {port} -j ACCEPT\n',
               f'{chain} -d {host}/32 -p udp -m udp --sport {port} -j DROP\n',
               f'{chain} -s {host}/32 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT\n',
               f'{chain} -i eth0 -p tcp -m multiport --dports 80,443,{port} -j RETURN\n',
               f'{chain} -p tcp -m tcp --dport {port}:65535 -m comment --comment "rule {i}" -j ACCEPT\n')[r.randrange(5)]
    yield 'COMMIT\n'


def services(n):
    """As kube-proxy's: a chain of two rules for every service, in the nat table."""
    yield '*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:SERVICES - [0:0]\n'
    count = max(1, n // 3)
    for i in range(count):
        yield f':SVC-{i:08X} - [0:0]\n'
    yield '-A PREROUTING -j SERVICES\n'
    for i in range(count):
        address = f'10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}'
        yield f'-A SERVICES -d {address}/32 -p tcp -m comment --comment "service {i}" -m tcp --dport 80 -j SVC-{i:08X}\n'
        yield f'-A SVC-{i:08X} -s {address}/32 -j MARK --set-xmark 0x4000/0x4000\n'
        yield f'-A SVC-{i:08X} -p tcp -m tcp -j DNAT --to-destination {address}:8080\n'
    yield 'COMMIT\n'


def blocklist(n):
    """One chain of addresses."""
    r = random.Random(2)
    yield '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n'
    for _ in range(n):
        yield f'-A INPUT -s {".".join(str(r.randrange(1, 224)) for _ in range(4))}/32 -j DROP\n'
    yield 'COMMIT\n'


KINDS = {'mixed': mixed, 'services': services, 'blocklist': blocklist}
