# SPDX-License-Identifier: GPL-2.0-or-later
"""Connection tracking over sequences: TCP from handshake to late packets, UDP, ICMP and its errors."""
from walk import ACK, FIN, PSH, RST, SYN, URG, Case, error, icmp, tcp, udp

RULES = '''*mangle
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -m conntrack --ctstate NEW -p tcp -m tcp --dport 22 -j CONNMARK --set-xmark 0x7/0xff
-A PREROUTING -j CONNMARK --restore-mark
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:established - [0:0]
-A INPUT -m conntrack --ctstate RELATED
-A INPUT -m conntrack --ctstate INVALID
-A FORWARD -m conntrack --ctstate INVALID -j DROP
-A FORWARD -m conntrack --ctstate ESTABLISHED -g established
-A FORWARD -m conntrack --ctstate RELATED -j ACCEPT
-A FORWARD -p tcp -m conntrack --ctstate NEW -m multiport --dports 21,22,80,443 -j ACCEPT
-A FORWARD -p udp -m conntrack --ctstate NEW -j ACCEPT
-A FORWARD -p ICMP -m conntrack --ctstate NEW -j ACCEPT
-A OUTPUT -m conntrack --ctstate ESTABLISHED
-A OUTPUT -m conntrack --ctstate RELATED
-A OUTPUT -m conntrack --ctstate INVALID
-A established -m conntrack --ctdir REPLY -m conntrack --ctstatus ASSURED -j ACCEPT
-A established -m conntrack --ctdir REPLY -j ACCEPT
-A established -m conntrack --ctstatus ASSURED -j ACCEPT
-A established -m connmark --mark 0x7/0xff -j ACCEPT
-A established -j ACCEPT
COMMIT
'''


class Talk:
    """What two hosts say through this one: a is inside, b outside."""

    def __init__(self, v6):
        self.a, self.b = ('2001:db8:1::a', '2001:db8:7::b') if v6 else ('192.0.2.100', '198.51.100.77')
        self.me = ('2001:db8:1::1', '2001:db8:f::2') if v6 else ('192.0.2.1', '203.0.113.2')
        self.v6, self.packets = v6, []

    def put(self, dev, data):
        self.packets.append((dev, data))
        return data

    def tcp(self, there, port, flags, seq=0, ack=0, data=b'', **kw):
        ends = (self.a, self.b, 40000 + port, port) if there else (self.b, self.a, port, 40000 + port)
        return self.put('eth1' if there else 'eth0', tcp(*ends, flags, seq, ack, data, **kw))

    def udp(self, there, port, data=b''):
        ends = (self.a, self.b, 40000, port) if there else (self.b, self.a, port, 40000)
        return self.put('eth1' if there else 'eth0', udp(*ends, data))

    def icmp(self, there, kind, code=0, body=b'\0\7\0\1'):
        return self.put('eth1' if there else 'eth0', icmp(*((self.a, self.b) if there else (self.b, self.a)), kind, code, body))

    def error(self, quoted, kind, code=0, src=None, dst=None, info=0, dev='eth0'):
        return self.put(dev, error(src or self.b, dst or self.a, quoted, kind, code, info))

    def handshake(self, port, a=1000, b=5000, **kw):
        self.tcp(True, port, SYN, a, **kw), self.tcp(False, port, SYN | ACK, b, a + 1, **kw), self.tcp(True, port, ACK, a + 1, b + 1)


def whole(t):
    t.handshake(443)
    t.tcp(True, 443, PSH | ACK, 1001, 5001, b'hello'), t.tcp(False, 443, ACK, 5001, 1006), t.tcp(False, 443, PSH | ACK, 5001, 1006, b'world')
    t.tcp(True, 443, ACK, 1006, 5006), t.tcp(True, 443, FIN | ACK, 1006, 5006), t.tcp(False, 443, ACK, 5006, 1007)
    t.tcp(False, 443, FIN | ACK, 5006, 1007), t.tcp(True, 443, ACK, 1007, 5007)
    t.tcp(True, 443, PSH | ACK, 1007, 5007, b'late'), t.tcp(False, 443, RST, 5007), t.tcp(True, 443, SYN, 200000), t.tcp(False, 443, SYN | ACK, 9, 200001)


def resets(t):
    t.tcp(True, 22, SYN, 1), t.tcp(False, 22, RST | ACK, 0, 2), t.tcp(True, 22, SYN, 50), t.tcp(True, 22, SYN, 50), t.tcp(False, 22, SYN | ACK, 7, 51)
    t.tcp(True, 22, RST, 51), t.tcp(True, 22, ACK, 51, 8)
    t.handshake(80), t.tcp(False, 80, RST, 77777777), t.tcp(False, 80, RST | ACK, 5001, 1001), t.tcp(True, 80, ACK, 1001, 5001)
    t.handshake(21), t.tcp(True, 21, RST, 1001), t.tcp(False, 21, ACK, 5001, 1001), t.tcp(True, 21, SYN, 8000)


def windows(t):
    t.handshake(443, window=4096), t.tcp(True, 443, ACK, 90000000, 5001), t.tcp(True, 443, PSH | ACK, 1001, 5001, b'x' * 500)
    t.tcp(True, 443, PSH | ACK, 5400, 5001, b'x' * 500), t.tcp(False, 443, ACK, 5001, 1501), t.tcp(False, 443, ACK, 5001, 999999), t.tcp(True, 443, PSH | ACK, 1001, 5001, b'x' * 500)
    t.handshake(80, window=100, options=b'\3\3\7\1'), t.tcp(True, 80, PSH | ACK, 1001 + 9000, 5001, b'y'), t.tcp(False, 80, ACK, 5001, 1001, window=65535), t.tcp(True, 80, PSH | ACK, 1001 + 99000, 5001, b'y')


def odd_flags(t):
    for flags in (0, FIN, SYN | FIN, RST | SYN, 0x3f, SYN | URG, FIN | PSH | URG, ACK | FIN | RST, PSH, 0xc2, SYN | ACK | FIN):
        t.tcp(True, 443, flags, 1)
    t.tcp(False, 22, SYN | ACK, 10, 11), t.tcp(False, 80, ACK, 10, 11), t.tcp(True, 21, FIN | ACK, 10, 11)
    t.tcp(True, 80, PSH | ACK, 700, 900, b'picked up'), t.tcp(False, 80, ACK, 900, 709), t.tcp(True, 80, FIN | ACK, 709, 900), t.tcp(False, 80, FIN | ACK, 900, 710), t.tcp(True, 80, ACK, 710, 901)


def both_at_once(t):
    t.tcp(True, 443, SYN, 10), t.tcp(False, 443, SYN, 20), t.tcp(False, 443, SYN | ACK, 20, 11), t.tcp(True, 443, SYN | ACK, 10, 21)
    t.tcp(True, 443, ACK, 11, 21), t.tcp(False, 443, PSH | ACK, 21, 11, b'x'), t.tcp(True, 443, FIN | ACK, 11, 22), t.tcp(False, 443, FIN | ACK, 22, 11), t.tcp(True, 443, ACK, 12, 23), t.tcp(False, 443, ACK, 23, 12)


def datagrams(t):
    request = t.udp(True, 53, b'what')
    t.udp(False, 53, b'this'), t.udp(True, 53), t.udp(True, 53), t.udp(False, 54), t.udp(False, 53)
    for kind, code in ((1, 4), (1, 0), (2, 0), (3, 0), (4, 1)) if t.v6 else ((3, 3), (3, 1), (3, 13), (3, 4), (4, 0), (5, 0), (11, 0), (12, 0)):
        t.error(request, kind, code, info=1400 if (kind, code) in ((2, 0), (3, 4)) else 0)
    t.error(request, 3 if t.v6 else 11, 0, src=t.me[1]), t.error(t.udp(False, 99), 1 if t.v6 else 3, 0, src=t.a, dst=t.b, dev='eth1')
    t.error(request, 1 if t.v6 else 3, 1, dst=t.a[:-1] + ('b' if t.v6 else '1'))
    t.error(udp(t.a, t.b, 1, 2), 1 if t.v6 else 3, 1), t.error(request[:30], 1 if t.v6 else 3, 1), t.error(b'', 1 if t.v6 else 3, 1)
    t.error(error(t.a, t.b, request, 1 if t.v6 else 3), 1 if t.v6 else 3, 1)


def echoes(t):
    request, reply = (128, 129) if t.v6 else (8, 0)
    t.icmp(False, reply), t.icmp(True, request), t.icmp(False, reply), t.icmp(False, reply), t.icmp(True, request, body=b'\0\7\0\2'), t.icmp(False, reply, body=b'\0\7\0\2')
    t.icmp(False, reply, body=b'\0\10\0\2'), t.icmp(False, request), t.icmp(True, reply), t.icmp(True, reply, 1), t.icmp(True, request, 5)
    t.error(t.icmp(True, request, body=b'\0\11\0\1'), 1 if t.v6 else 3, 1)
    for kind in (13, 14, 15, 17, 18, 42, 9, 10) if not t.v6 else (133, 134, 135, 136, 137, 143, 144, 200):
        t.icmp(True, kind, body=b'\0\7\0\1' + bytes(12)), t.icmp(False, kind + 1, body=b'\0\7\0\1' + bytes(12))
    t.icmp(True, request, body=b''), t.icmp(True, request, body=b'\0\7')


def broken(t):
    """Bad checksums, headers cut short, fields that can't be."""
    good = tcp(t.a, t.b, 40443, 443, SYN, 5)
    t.put('eth1', good[:-4] + b'\0\0\0\0'), t.put('eth1', udp(t.a, t.b, 1, 2, b'x')[:-1] + b'y'), t.put('eth1', icmp(t.a, t.b, 128 if t.v6 else 8)[:-1] + b'\7')
    from packets import packet
    at = 40 if t.v6 else 20
    for n in (0, 4, 8, 12, 19):
        t.put('eth1', packet(t.a, t.b, 6, good[at:at + n])), t.put('eth1', packet(t.a, t.b, 17, good[at:at + min(n, 7)]))
    t.put('eth1', packet(t.a, t.b, 6, good[at:at + 12] + b'\x20' + good[at + 13:])), t.put('eth1', packet(t.a, t.b, 6, good[at:at + 12] + b'\xf0' + good[at + 13:]))
    t.put('eth1', packet(t.a, t.b, 17, b'\0\1\0\2\0\7\0\0')), t.put('eth1', packet(t.a, t.b, 17, b'\0\1\0\2\0\x20\0\0')), t.put('eth1', packet(t.a, t.b, 17, b'\0\1\0\2\0\x08\0\0'))


def cases():
    for v6 in (False, True):
        rules = RULES.replace('-p ICMP', '-p ipv6-icmp' if v6 else '-p icmp')
        for what in (whole, resets, windows, odd_flags, both_at_once, datagrams, echoes, broken):
            t = Talk(v6)
            what(t)
            yield Case(f'{what.__name__.replace("_", " ")}, IPv{6 if v6 else 4}', rules, t.packets, v6)
