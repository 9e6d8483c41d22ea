# SPDX-License-Identifier: GPL-2.0-or-later
"""Local traffic over lo, broadcast and multicast, in and out."""
from packets import packet
from walk import ACK, SYN, Case, icmp, tcp, udp

RULES = '''*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A OUTPUT -p udp -m udp --dport 77 -j CT --notrack
COMMIT
*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A OUTPUT -p udp -m udp --dport 78 -j MARK --set-xmark 0x5/0xffffffff
-A INPUT -m mark --mark 0x5
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A OUTPUT -p udp -m udp --dport 79 -j REDIRECT --to-ports 80
-A OUTPUT -p tcp -m tcp --dport 79 -j DNAT --to-destination ME
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m pkttype --pkt-type multicast -j ACCEPT
-A INPUT -m pkttype --pkt-type broadcast -j ACCEPT
-A INPUT -m addrtype --dst-type MULTICAST
BROADCAST
-A INPUT -m conntrack --ctstate UNTRACKED
-A INPUT -m conntrack --ctstate INVALID
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate NEW -j ACCEPT
-A OUTPUT -m addrtype --dst-type LOCAL
-A OUTPUT -o lo -j ACCEPT
COMMIT
'''


def cases():
    for v6 in (False, True):
        me1, me0, lo = ('2001:db8:1::1', '2001:db8:f::2', '::1') if v6 else ('192.0.2.1', '203.0.113.2', '127.0.0.1')
        inside, outside = ('2001:db8:1::a', '2001:db8:7::b') if v6 else ('192.0.2.100', '198.51.100.77')
        rules = RULES.replace('ME', f'[{me1}]:81' if v6 else f'{me1}:81').replace('BROADCAST\n', '' if v6 else '-A INPUT -m addrtype --dst-type BROADCAST\n')
        name = f', IPv{6 if v6 else 4}'
        ping = 128 if v6 else 8
        own = [(None, udp(me0, me0, 5, 9)), (None, udp(lo, lo, 5, 9)), (None, udp(me0, me1, 5, 9)), (None, udp(me0, me1, 5, 77)), (None, udp(me0, me1, 5, 78)), (None, udp(me0, me1, 5, 79)),
               (None, tcp(me0, me1, 5, 9, SYN)), (None, tcp(me0, me1, 5, 9, ACK, 1, 2)), (None, icmp(me0, me1, ping)), (None, icmp(lo, me1, ping)), (None, tcp(me0, outside, 5, 79, SYN)),
               (None, udp(me0, outside, 6, 79)), (None, udp(me0, outside, 5, 78)), (None, packet(me0, me1, 99, b'12345678')), (None, udp(me0, inside, 5, 9)), (None, udp(lo, outside, 5, 9))]
        yield Case('over lo' + name, rules, own, v6)
        if v6: # the namespace has no link-local addresses, and is in no solicited-node group
            groups = [('eth0', udp('2001:db8:f::9', to, 5, 9), {'pkttype': 'multicast'}) for to in ('ff02::1', 'ff02::2', 'ff02::fb', 'ff05::3', 'ff0e::101', 'ff01::1')]
            groups += [('eth0', icmp('2001:db8:f::9', 'ff02::1', 128), {'pkttype': 'multicast'}), ('eth0', udp('2001:db8:f::9', me0, 5, 9), {'pkttype': 'multicast'}), ('eth0', udp('2001:db8:f::9', outside, 5, 9), {'pkttype': 'broadcast'}),
                       ('eth1', udp('ff02::1', me1, 5, 9)), ('eth1', udp('::', me1, 5, 9)), ('eth1', udp('::1', me1, 5, 9)), ('eth1', udp('2001:db8:1::a', '::1', 5, 9))]
        else:
            groups = [('eth0', udp('203.0.113.9', to, 5, 9), {'pkttype': kind}) for to, kind in (('224.0.0.1', 'multicast'), ('224.0.0.251', 'multicast'), ('239.1.2.3', 'multicast'), ('255.255.255.255', 'broadcast'),
                                                                                                ('203.0.113.255', 'broadcast'), ('192.0.2.255', 'broadcast'), ('203.0.113.0', 'broadcast'), (me0, 'broadcast'), (me0, 'multicast'), (outside, 'broadcast'))]
            groups += [('eth0', icmp('203.0.113.9', '203.0.113.255', 8), {'pkttype': 'broadcast'}), ('eth0', icmp('203.0.113.9', '224.0.0.1', 8), {'pkttype': 'multicast'}), ('eth0', packet('203.0.113.9', '224.0.0.1', 2, b'\x11\0\xee\xff\0\0\0\0', ttl=1), {'pkttype': 'multicast'})]
            groups += [('eth1', udp(src, to, 5, 9)) for src, to in (('224.0.0.1', me1), ('255.255.255.255', me1), ('0.0.0.0', me1), ('0.0.0.0', '255.255.255.255'), ('127.0.0.1', me1), (inside, '127.0.0.1'), (inside, '0.0.0.0'), ('240.1.2.3', me1), (me0, me1), ('192.0.2.255', me1))]
            groups += [(None, udp(me0, to, 5, 9)) for to in ('203.0.113.255', '192.0.2.255')]
        groups += [(None, udp(me0, to, 5, 9)) for to in (('ff02::1', 'ff02::fb', 'ff05::3') if v6 else ('224.0.0.1', '224.0.0.251', '239.1.2.3', '255.255.255.255'))]
        yield Case('groups' + name, rules, groups, v6)
