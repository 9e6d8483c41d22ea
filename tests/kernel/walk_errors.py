# SPDX-License-Identifier: GPL-2.0-or-later
"""What this host sends back: resets and ICMP errors of REJECT, of forwarding, of closed ports; echo replies."""
import struct

from packets import packet, transport
from walk import ACK, RST, SYN, Case, error, icmp, tcp, udp

RULES = '''*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -o eth0 -s INSIDE -j MASQUERADE
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
REJECTS
-A INPUT -p tcp -m tcp --dport 1000 -j REJECT --reject-with tcp-reset
-A INPUT -p udp -m udp --dport 1000 -j REJECT
-A FORWARD -p tcp -m tcp --dport 1001 -j REJECT --reject-with tcp-reset
-A OUTPUT -p tcp -m tcp --dport 1002 -j REJECT --reject-with tcp-reset
-A OUTPUT -p udp -m udp --dport 1002 -j REJECT
-A OUTPUT -m conntrack --ctstate INVALID
-A OUTPUT -m conntrack --ctstate NEW
-A OUTPUT -m conntrack --ctstate RELATED --ctdir ORIGINAL
-A OUTPUT -m conntrack --ctstate RELATED
-A OUTPUT -m conntrack --ctstate ESTABLISHED
COMMIT
'''
WITH = {4: ('icmp-net-unreachable', 'icmp-host-unreachable', 'icmp-proto-unreachable', 'icmp-port-unreachable', 'icmp-net-prohibited', 'icmp-host-prohibited', 'icmp-admin-prohibited'),
        6: ('icmp6-no-route', 'icmp6-adm-prohibited', 'icmp6-addr-unreachable', 'icmp6-port-unreachable', 'icmp6-policy-fail', 'icmp6-reject-route')}


def cases():
    for v6 in (False, True):
        inside, outside = ('2001:db8:1::a', '2001:db8:7::b') if v6 else ('192.0.2.100', '198.51.100.77')
        me1, me0 = ('2001:db8:1::1', '2001:db8:f::2') if v6 else ('192.0.2.1', '203.0.113.2')
        kinds = WITH[6 if v6 else 4]
        rules = RULES.replace('INSIDE', '2001:db8:1::/64' if v6 else '192.0.2.0/24').replace(
            'REJECTS', '\n'.join(f'-A FORWARD -p udp -m udp --dport {2000 + i} -j REJECT --reject-with {k}' for i, k in enumerate(kinds)))
        name = f', IPv{6 if v6 else 4}'
        ping = 128 if v6 else 8
        lone = lambda *a, **kw: [('eth1', udp(*a, **kw))]

        rejected = [('eth1', udp(inside, outside, 5, 2000 + i, b'x' * 10)) for i in range(len(kinds))]
        rejected += [('eth1', tcp(inside, outside, 5, 1001, f, 7, 9, data)) for f, data in ((SYN, b''), (SYN, b'xyz'), (ACK, b'xyz'), (RST, b''), (SYN | ACK, b''), (0, b''))]
        rejected += [('eth0', tcp(outside, me0, 5, 1000, SYN, 7)), ('eth0', udp(outside, me0, 5, 1000)), ('eth0', udp(outside, me0, 5, 1000, tos=0x1e)), ('eth0', udp(outside, me0, 5, 1000, b'y' * 1400)),
                     (None, udp(me0, outside, 5, 1002)), (None, tcp(me0, outside, 5, 1002, SYN)), (None, udp(me0, me1, 5, 1002)), (None, tcp(me0, me1, 5, 1002, SYN))]
        bad = udp(inside, outside, 5, 2001, b'checksum')[:-1] + b'?'
        rejected += [('eth1', bad), ('eth1', udp(inside, outside, 5, 2002), {'pkttype': 'broadcast'})]
        if not v6:
            rejected += [('eth1', packet(inside, outside, 17, transport(inside, outside, 17, 5, 2003, payload=b'z' * 24), frag=0x2000))]
        yield Case('rejects' + name, rules, rejected, v6)

        # an established connection that is refused later: its state becomes CLOSE
        talk = [('eth1', tcp(inside, outside, 6, 80, SYN, 10)), ('eth0', tcp(outside, me0, 80, 6, SYN | ACK, 20, 11)), ('eth1', tcp(inside, outside, 6, 80, ACK, 11, 21)),
                ('eth0', tcp(outside, me0, 80, 6, ACK, 21, 11, b'data')), ('eth1', tcp(inside, outside, 6, 80, SYN, 5000))]
        yield Case('refused later' + name, rules.replace('COMMIT\n*filter', 'COMMIT\n*filter', 1).replace(
            '-A INPUT -p tcp -m tcp --dport 1000', '-A FORWARD -p tcp -m length --length 44:64 -m conntrack --ctdir REPLY -m tcp --tcp-flags SYN NONE -j REJECT --reject-with tcp-reset\n-A INPUT -p tcp -m tcp --dport 1000'.replace(
                '44:64', '64' if v6 else '44')), talk, v6)

        far = '2001:db8:dead::1' if v6 else '10.66.0.1'
        no = '2001:db8:bad::1' if v6 else '10.77.0.1'
        hole = '2001:db8:b1ac::1' if v6 else '10.88.0.1'
        # a source each: the kernel's limit of its errors' rate is one of the address
        ways = [('eth1', udp(inside[:-1] + str(i), to, 5, 9)) for i, to in enumerate((far, no, hole), 1)]
        ways += [('eth1', udp(inside, outside, 5, 9, ttl=ttl)) for ttl in (1, 0, 2)]
        ways += [('eth1', icmp(inside, outside, ping, ttl=1)), ('eth1', error(inside, outside, udp(outside, inside, 1, 2), 1 if v6 else 3, 1))]
        ways += [('eth1', packet(inside, outside, 58 if v6 else 1, error(inside, outside, udp(outside, inside, 1, 2), 1 if v6 else 3, 1)[40 if v6 else 20:], ttl=1))]
        ways += [('eth1', udp(inside, outside, 5, 10, ttl=1), {'pkttype': 'multicast'})]
        yield Case('no way on' + name, rules, ways, v6)

        big = [('eth0', udp(outside, inside, 7, 7, b'z' * 1380, **({} if v6 else {'frag': 0x4000}))), ('eth0', udp(outside, inside, 7, 7, b'z' * 1200, **({} if v6 else {'frag': 0x4000})))]
        yield Case('larger than the link' + name, rules, big, v6, mtu=1300)

        here = [('eth0', udp(outside, me0, 5, 9)), ('eth0', tcp(outside, me0, 5, 9, SYN)), ('eth0', tcp(outside, me0, 5, 9, ACK, 5, 6)), ('eth0', tcp(outside, me0, 5, 9, RST, 5, 6)), ('eth0', icmp(outside, me0, ping)),
                ('eth0', icmp(outside, me0, ping, tos=0x10)), ('eth0', icmp(outside, me0, ping, body=b'\0\7\0\1' + b'x' * 600)), ('eth0', packet(outside, me0, 99, b'abcdefgh')),
                ('eth1', udp(inside, me0, 5, 9)), ('eth1', icmp(inside, me0, ping))]
        if not v6:
            here += [('eth0', icmp(outside, me0, 13, body=b'\0\7\0\1' + bytes(12))), ('eth0', icmp(outside, me0, 15)), ('eth0', icmp(outside, me0, 17, body=b'\0\7\0\1' + bytes(4)))]
        yield Case('nobody listens' + name, rules, here, v6)
