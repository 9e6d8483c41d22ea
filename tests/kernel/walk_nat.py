# SPDX-License-Identifier: GPL-2.0-or-later
"""NAT: every target and option whose result does not hang on chance, with the replies and the errors."""
from packets import packet, transport
from walk import ACK, RST, SYN, Case, error, icmp, tcp, udp

HEAD = '*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n'
FILTER = '''COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m conntrack --ctstate DNAT
-A FORWARD -m conntrack --ctstate SNAT
-A FORWARD -m conntrack --ctstatus SEEN_REPLY
COMMIT
'''


def both_ways(src, dst, back_src, back_dst, ins='eth1', outs='eth0', sport=40000, dport=80, back_sport=None, back_dport=None, proto=udp):
    """A packet, its answer as it comes to us, and the packet again; @back_*: what the other side sees."""
    answer = (back_src or dst, back_dst or src, back_sport or dport, back_dport or sport)
    if proto is udp:
        return [(ins, udp(src, dst, sport, dport)), (outs, udp(*answer)), (ins, udp(src, dst, sport, dport))]
    return [(ins, tcp(src, dst, sport, dport, SYN, 1)), (outs, tcp(*answer, SYN | ACK, 8, 2)), (ins, tcp(src, dst, sport, dport, ACK, 2, 9))]


def sources(v6):
    a, b = ('2001:db8:1::a', '2001:db8:7::b') if v6 else ('192.0.2.100', '198.51.100.77')
    me0 = '2001:db8:f::2' if v6 else '203.0.113.2'
    to = '2001:db8:f::' if v6 else '203.0.113.'
    at = lambda address, ports='': f'[{address}]{ports}' if v6 and ports else address + ports
    rules = HEAD + f'''-A POSTROUTING -p udp -m udp --dport 1 -j MASQUERADE
-A POSTROUTING -p udp -m udp --dport 2 -j MASQUERADE --to-ports 5000
-A POSTROUTING -p udp -m udp --dport 3 -j SNAT --to-source {at(to + '20')}
-A POSTROUTING -p udp -m udp --dport 4 -j SNAT --to-source {at(to + '20', ':6000')}
-A POSTROUTING -p udp -m udp --dport 5 -j SNAT --to-source {at(to + '20', ':40000-40010') if not v6 else at(to + '20', ':40000-40010')}
-A POSTROUTING -p udp -m udp --dport 6 -j SNAT --to-source {to}20-{to}29
-A POSTROUTING -p udp -m udp --dport 7 -j SNAT --to-source {to}20-{to}29 --persistent
-A POSTROUTING -p udp -m udp --dport 8 -j NETMAP --to {to + ('/64' if v6 else '0/24')}
-A POSTROUTING -p tcp -m tcp --dport 9 -j MASQUERADE
-A POSTROUTING -p ICMP -j SNAT --to-source {at(to + '20')}
-A POSTROUTING -p 99 -j SNAT --to-source {at(to + '30')}
-A POSTROUTING -p udp -m udp --dport 10 -j ACCEPT
-A POSTROUTING -p udp -m udp --dport 11 -j RETURN
-A POSTROUTING -p udp -m udp --dport 10:11 -j SNAT --to-source {at(to + '20')}
-A INPUT -p udp -m udp --dport 12 -j SNAT --to-source {at(to + '40')}
'''.replace('-p ICMP', '-p ipv6-icmp' if v6 else '-p icmp') + FILTER
    p = both_ways(a, b, None, me0, dport=1) + both_ways(a, b, None, me0, dport=2, back_dport=5000)
    p += both_ways(a, b, None, to + '20', dport=3) + both_ways(a, b, None, to + '20', dport=4, back_dport=6000) + both_ways(a, b, None, to + '20', dport=5, sport=40003)
    p += [('eth1', udp(a, b, 777, 6)), ('eth1', udp(a[:-1] + '1', b, 776, 6)), ('eth1', udp(a, b, 778, 7)), ('eth1', udp(a, b[:-1] + '1', 779, 7))]
    p += both_ways(a, b, None, to + ('a' if v6 else '100'), dport=8) + both_ways(a, b, None, me0, dport=9, proto=tcp)
    ping, reply = (128, 129) if v6 else (8, 0)
    p += [('eth1', icmp(a, b, ping)), ('eth0', icmp(b, to + '20', reply)), ('eth1', icmp(a, b, ping))]
    p += [('eth1', packet(a, b, 99, b'12345678')), ('eth0', packet(b, to + '30', 99, b'12345678')), ('eth1', udp(a, b, 1, 10)), ('eth1', udp(a, b, 1, 11)), ('eth0', udp(b, me0, 1, 12))]
    # an error about the translated packet, from the far end and from a router on the way
    seen = udp(me0, b, 40000, 1)
    p += [('eth0', error(b, me0, seen, 1 if v6 else 3, 4 if v6 else 3)), ('eth0', error(b[:-1] + '9', me0, seen, 3 if v6 else 11)), ('eth1', error(a, b, udp(b, a, 1, 40000), 1 if v6 else 3, 4 if v6 else 3)),
          ('eth0', error(b, me0, tcp(me0, b, 40000, 9, ACK, 2, 9), 1 if v6 else 3)), ('eth0', error(b, to + '20', icmp(to + '20', b, ping), 1 if v6 else 3))]
    if not v6:
        p += [('eth1', packet(a, b, 17, transport(a, b, 17, 40000, 1, payload=b'x' * 24)[:24], frag=0x2000, ident=9)), ('eth1', packet(a, b, 17, transport(a, b, 17, 40000, 1, payload=b'x' * 24)[24:], frag=3, ident=9))]
    return rules, p


def destinations(v6):
    a, b = ('2001:db8:1::a', '2001:db8:7::b') if v6 else ('192.0.2.100', '198.51.100.77')
    me0, me1 = ('2001:db8:f::2', '2001:db8:1::1') if v6 else ('203.0.113.2', '192.0.2.1')
    at = lambda address, ports='': f'[{address}]{ports}' if v6 and ports else address + ports
    net = '2001:db8:9::/64' if v6 else '198.51.100.0/28'
    rules = HEAD + f'''-A PREROUTING -i eth0 -p tcp -m tcp --dport 80 -j DNAT --to-destination {at(a, ':8080')}
-A PREROUTING -i eth0 -p udp -m udp --dport 2 -j DNAT --to-destination {at(a)}
-A PREROUTING -i eth0 -p udp -m udp --dport 100:110 -j DNAT --to-destination {at(a, ':5000')}
-A PREROUTING -i eth0 -p udp -m udp --dport 3 -j REDIRECT
-A PREROUTING -i eth0 -p udp -m udp --dport 4 -j REDIRECT --to-ports 53
-A PREROUTING -i eth1 -p udp -m udp --dport 53 -j REDIRECT --to-ports 5353
-A PREROUTING -d {net} -j NETMAP --to {'2001:db8:1::/64' if v6 else '192.0.2.96/28'}
-A PREROUTING -i eth0 -p udp -m udp --dport 6 -j DNAT --to-destination {at(me1, ':7')}
-A OUTPUT -p udp -m udp --dport 7 -j DNAT --to-destination {at(a, ':77')}
-A OUTPUT -p udp -m udp --dport 8 -j DNAT --to-destination {at(me1)}
-A OUTPUT -p tcp -m tcp --dport 9 -j REDIRECT --to-ports 99
-A POSTROUTING -s {'2001:db8:1::/64' if v6 else '192.0.2.0/24'} -d {a} -j SNAT --to-source {at(me1)}
''' + FILTER
    back = lambda sport, dport, to=b: udp(a, to, sport, dport)
    p = [('eth0', tcp(b, me0, 1000, 80, SYN, 1)), ('eth1', tcp(a, b, 8080, 1000, SYN | ACK, 8, 2)), ('eth0', tcp(b, me0, 1000, 80, ACK, 2, 9)), ('eth1', tcp(a, b, 8080, 1000, RST, 9))]
    p += [('eth0', udp(b, me0, 1000, 2)), ('eth1', back(2, 1000)), ('eth0', udp(b, me0, 1000, 2)), ('eth0', udp(b, me0, 1000, 105)), ('eth1', back(5000, 1000)), ('eth1', error(a, b, udp(b, a, 1000, 5000), 1 if v6 else 3, 4 if v6 else 3))]
    p += [('eth0', udp(b, me0, 1000, 3)), ('eth0', udp(b, b, 1001, 3)), ('eth0', udp(b, me0, 1000, 4)), ('eth1', udp(a, b, 1000, 53))]
    p += [('eth0', udp(b, '2001:db8:9::a' if v6 else '198.51.100.4', 1000, 9)), ('eth1', back(9, 1000)), ('eth0', udp(b, me0, 1000, 6)), ('eth1', udp('2001:db8:1::c' if v6 else '192.0.2.50', '2001:db8:9::a' if v6 else '198.51.100.4', 1000, 10))]
    p += [(None, udp(me0, b, 1000, 7)), ('eth1', udp(a, me0, 77, 1000)), (None, udp(me0, b, 1000, 7)), (None, udp(me0, b, 1000, 8)), (None, tcp(me0, b, 1000, 9, SYN, 5)), (None, udp(me0, b, 1000, 11))]
    return rules, p


def collisions(v6):
    """The same port of several hosts: the first keeps it; others get one that is free, where there is no choice."""
    b = '2001:db8:7::b' if v6 else '198.51.100.77'
    me0 = '2001:db8:f::2' if v6 else '203.0.113.2'
    host = (lambda n: f'2001:db8:1::{n}') if v6 else (lambda n: f'192.0.2.{n}')
    at = lambda address, ports: f'[{address}]{ports}' if v6 else address + ports
    rules = HEAD + f'''-A POSTROUTING -p udp -m udp --dport 1 -j SNAT --to-source {at(me0, ':5000-5001')}
-A POSTROUTING -p udp -m udp --dport 2 -j MASQUERADE
''' + FILTER
    p = [('eth1', udp(host(20 + n), b, 5000, 1)) for n in range(2)] + [('eth1', udp(host(20), b, 5000, 2)), ('eth0', udp(b, me0, 2, 5000)), ('eth0', udp(b, me0, 1, 5000)), ('eth0', udp(b, me0, 1, 5001)), ('eth0', udp(b, me0, 1, 5002))]
    return rules, p


def prefixes():
    """SNPT and DNPT: mangle's own, without connections; conntrack must not see them as two."""
    rules = '''*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -i eth0 -d 2001:db8:aa::/48 -j DNPT --src-pfx 2001:db8:aa::/48 --dst-pfx 2001:db8:1::/48
-A POSTROUTING -o eth0 -s 2001:db8:1::/48 -j SNPT --src-pfx 2001:db8:1::/48 --dst-pfx 2001:db8:aa::/48
-A POSTROUTING -s 2001:db8:aa::/48
COMMIT
'''
    a, b = '2001:db8:1:5::a', '2001:db8:7::b'
    return rules, [('eth1', udp(a, b, 1, 2)), ('eth0', udp(b, '2001:db8:aa:5::a', 2, 1)), ('eth1', tcp(a, b, 1, 2, SYN)), ('eth0', udp(b, '2001:db8:aa:ffff::1', 2, 1)), ('eth1', udp('2001:db8:1:ffff:ffff:ffff:ffff:ffff', b, 1, 2))]


def hashes(v6):
    """HMARK of addresses, ports and connections."""
    a, b = ('2001:db8:1::a', '2001:db8:7::b') if v6 else ('192.0.2.100', '198.51.100.77')
    host = (lambda n: f'2001:db8:7::{n}') if v6 else (lambda n: f'198.51.100.{n}')
    rules = f'''*mangle
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
-A PREROUTING -p udp -m udp --dport 1 -j HMARK --hmark-tuple src,dst --hmark-mod 1000 --hmark-offset 10 --hmark-rnd 0xdeafbeef
-A PREROUTING -p udp -m udp --dport 2 -j HMARK --hmark-tuple src,dst,sport,dport,proto --hmark-mod 1000 --hmark-rnd 7
-A PREROUTING -p udp -m udp --dport 3 -j HMARK --hmark-tuple ct,src,dst,sport,dport,proto --hmark-mod 1000 --hmark-rnd 7
-A PREROUTING -p udp -m udp --sport 3 -j HMARK --hmark-tuple ct,src,dst,sport,dport,proto --hmark-mod 1000 --hmark-rnd 7
-A PREROUTING -p udp -m udp --dport 4 -j HMARK --hmark-tuple dport --hmark-src-prefix {64 if v6 else 24} --hmark-mod 1000 --hmark-rnd 7 --hmark-sport 5
-A PREROUTING -p udp -m udp --dport 5 -j HMARK --hmark-tuple src --hmark-sport-mask 0xff00 --hmark-mod 1000 --hmark-rnd 7
-A PREROUTING -p {'ipv6-icmp' if v6 else 'icmp'} -j HMARK --hmark-tuple src,dst,sport,dport,proto --hmark-mod 1000 --hmark-rnd 7
-A PREROUTING -p esp -j HMARK --hmark-tuple src,dst,spi --hmark-mod 1000 --hmark-rnd 7
-A POSTROUTING -m mark --mark 0
-A POSTROUTING -m conntrack --ctstate NEW
COMMIT
'''
    p = [('eth1', udp(a, host(n), 1000 * n, port)) for port in range(1, 6) for n in (1, 2, 9)] + [('eth0', udp(host(2), a, 3, 2000)), ('eth1', icmp(a, b, 128 if v6 else 8)), ('eth1', icmp(a, b, 129 if v6 else 0))]
    p += [('eth0', error(b, a, udp(a, host(2), 2000, 3), 1 if v6 else 3)), ('eth1', packet(a, b, 50, transport(a, b, 50, spi=0x12345678)))]
    return rules, p


def cases():
    for v6 in (False, True):
        for what in (sources, destinations, collisions, hashes):
            yield Case(f'nat, {what.__name__}, IPv{6 if v6 else 4}', *what(v6), v6)
    yield Case('nat, prefixes', *prefixes(), True)
