# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets for kernel tests: bytes from fields, and a deterministic choice of them for a ruleset."""
import ipaddress, random, re, struct

PROTOS = {'icmp': 1, 'igmp': 2, 'ipencap': 4, 'tcp': 6, 'udp': 17, 'dccp': 33, 'ipv6': 41, 'gre': 47, 'esp': 50, 'ah': 51, 'icmpv6': 58,
          'ipv6-icmp': 58, 'icmp6': 58, 'mh': 135, 'ipv6-mh': 135, 'sctp': 132, 'udplite': 136, 'ipcomp': 108, 'l2tp': 115}


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo(src, dst, proto, length):
    s, d = ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed
    return s + d + (struct.pack('!IHBB', length, 0, 0, proto) if len(s) == 16 else struct.pack('!BBH', 0, proto, length))


def transport(src, dst, proto, sport=1000, dport=2000, flags=2, icmp=(8, 0), payload=b'', options=b'', spi=1):
    """The transport header and payload with right checksums, where we know the protocol."""
    v6 = ':' in src
    if proto == 6:
        head = struct.pack('!HHIIBBHHH', sport, dport, 1, 1 if flags & 16 else 0, (5 + len(options) // 4) << 4, flags & 255, 8192, 0, 0) + options + payload
        at = 16
    elif proto in (17, 136):
        head, at = struct.pack('!HHHH', sport, dport, 8 + len(payload) if proto == 17 else 0, 0) + payload, 6
    elif proto in (1, 58):
        head, at = struct.pack('!BBHHH', icmp[0], icmp[1], 0, sport, 1) + payload, 2
        if proto == 1:
            return head[:2] + struct.pack('!H', checksum(head)) + head[4:]
    elif proto == 50:
        return struct.pack('!II', spi, 1) + bytes(16)
    elif proto == 51:
        return struct.pack('!BBHII', 59 if v6 else 6, 2, 0, spi, 1) + bytes(24)
    elif proto == 108:
        return struct.pack('!BBH', 6, 0, spi & 0xffff) + bytes(16)
    elif proto == 132:
        return struct.pack('!HHII', sport, dport, 0, 0) + struct.pack('!BBHIIHHI', 1, 0, 20, 7, 9, 1, 1, 5)
    elif proto == 33:
        return struct.pack('!HHBBHBBHHHI', sport, dport, 4, 0, 0, 1, 0, 0, 0, 0, 1)
    elif proto == 135:
        return struct.pack('!BBBBHHHH', 59, 1, flags % 8, 0, 0, 0, 0, 0) + bytes(4)
    else:
        return struct.pack('!HHI', sport, dport, 7) + payload
    c = checksum(pseudo(src, dst, proto, len(head)) + head) or 0xffff
    return head[:at] + struct.pack('!H', c) + head[at + 2:]


def packet(src, dst, proto, body, tos=0, ttl=64, ident=1, frag=0, options=b''):
    s, d = ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed
    if len(s) == 16:
        return struct.pack('!IHBB', 6 << 28 | tos << 20, len(body), proto, ttl) + s + d + body
    ihl = 5 + len(options) // 4
    head = struct.pack('!BBHHHBBH', 0x40 | ihl, tos, ihl * 4 + len(body), ident, frag, ttl, proto, 0) + s + d + options
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + body


class Constants:
    """What a ruleset compares packets with."""

    def __init__(self, text, v6):
        def all_of(pattern):
            return [m.group(1) for m in re.finditer(pattern, text)]
        def number(s):
            return int(s, 8 if s.startswith('0') and s.isdigit() else 0)
        self.v6 = v6
        # Addresses that a match on their kind asks for.
        self.special = []
        if re.search(r'addrtype|pkttype|MULTICAST|BROADCAST', text):
            self.special = ['ff02::1', 'ff05::2', '::ffff:10.1.1.1'] if v6 else ['224.0.0.1', '239.1.2.3', '255.255.255.255', '10.213.0.255', '10.213.1.0', '127.0.0.1', '0.0.0.0']
        self.interfaces = []
        for name in all_of(r'(?:-[io]|--in-interface|--out-interface) (?:! )?"?([^\s"]+)'):
            name = (name[:-1] + '0' if name.endswith('+') else name) or 'any0'
            if name not in ('lo', 'all', 'default', '0') and name not in self.interfaces and '/' not in name:
                self.interfaces.append(name[:15])
        self.interfaces += [n for n in ('eth0', 'eth1') if n not in self.interfaces][:max(0, 2 - len(self.interfaces))]
        self.networks = []
        for value in all_of(r'(?:-[sd]|--(?:src|dst|source|destination)|--(?:src|dst)-range|--ctorig\w+|--ctrepl\w+|--to(?:-source|-destination)?) (?:! )?([0-9a-fA-F.:/,-]+)'):
            for part in re.split('[,-]', value):
                try:
                    net = ipaddress.ip_network(part, strict=False)
                except ValueError:
                    continue
                if (net.version == 6) == v6 and net not in self.networks:
                    self.networks.append(net)
        numbers = lambda pattern: sorted({int(x) for v in all_of(pattern) for x in re.findall(r'\d+', v)})
        self.ports = [p for p in numbers(r'(?:port|ports|to-ports?) (?:! )?([0-9:,]+)') if p < 65536]
        self.protos = [PROTOS.get(p.lower(), int(p) if p.isdigit() else None) for p in all_of(r'-p (?:! )?(\S+)')]
        self.protos = [p for p in dict.fromkeys(self.protos) if p and p not in (43, 44, 60)] or [6, 17, 58 if v6 else 1]
        self.icmp_types = numbers(r'--icmp(?:v6)?-type (?:! )?(\d+)')
        self.marks = sorted({number(x) & 0xffffffff for x in all_of(r'--mark (?:! )?(0x[0-9a-fA-F]+|\d+)')})
        self.macs = all_of(r'--mac-source (?:! )?((?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2})')
        self.tos = sorted({number(x) & 255 for x in all_of(r'--tos (?:! )?(0x[0-9a-fA-F]+|\d+)')} | {(number(x) << 2) & 255 for x in all_of(r'--dscp (?:! )?(0x[0-9a-fA-F]+|\d+)')})
        self.ttls = numbers(r'--(?:ttl|hl)-\w+ (?:! )?(\d+)')
        self.lengths = numbers(r'--length (?:! )?([0-9:]+)')
        self.uids = numbers(r'--[ug]id-owner (?:! )?([0-9-]+)')
        self.spis = numbers(r'--(?:ah|esp)spi (?:! )?([0-9:]+)')
        self.mss = numbers(r'--(?:set-)?mss (?:! )?([0-9:]+)')
        # Segment routing headers, and addresses made of the MAC address, are for rules that ask for them.
        self.srh, self.eui64 = '-m srh' in text, '-m eui64' in text
        self.segments = numbers(r'--srh-(?:segs-left|last-entry)-\w+ (?:! )?(\d+)')
        self.srh_next = numbers(r'--srh-next-hdr (?:! )?(\d+)')
        self.srh_tags = numbers(r'--srh-tag (?:! )?(\d+)')
        self.srh_segments = all_of(r'--srh-[pnl]sid ([0-9a-f:]+)/')


class Plan:
    """Interfaces, addresses, routes, and n packets, with some made for the ruleset: dicts of out, dev, src, dst, mark, uid, mac, cast, data."""

    def __init__(self, text, v6, n, seed):
        self.rnd, self.c, self.v6 = random.Random(f'{seed}/{v6}'), Constants(text, v6), v6
        self.bits = 128 if v6 else 32
        self.cls = ipaddress.IPv6Address if v6 else ipaddress.IPv4Address
        base = int(self.cls('2001:db8:99::' if v6 else '10.213.0.0'))
        self.local = [(str(self.cls(base + (i << (64 if v6 else 8)) + 1)), 64 if v6 else 24, dev) for i, dev in enumerate(self.c.interfaces)]
        hosts = [n.network_address for n in self.c.networks if n.prefixlen == self.bits and self.usable(n.network_address)]
        self.local += [(str(a), self.bits, self.rnd.choice(self.c.interfaces)) for a in hosts[::2][:6]]
        self.routes = [(str(n), self.rnd.choice(self.c.interfaces)) for n in self.c.networks[:200] if n.prefixlen > 1 and self.usable(n.network_address)]
        self.flows, self.packets = [], []
        for i in range(n):
            self.packets.append(self.one(i))
        from directed import directed # which needs what is above
        self.packets += [{'out': False, 'dev': self.c.interfaces[0], 'src': None, 'dst': None, 'mark': 0, 'uid': 0, 'mac': '02:00:00:00:00:07', 'cast': 0, 'data': b}
                         for b in directed(text, v6, self.local[0][0])]

    def usable(self, a):
        return not (a.is_loopback or a.is_multicast or a.is_unspecified or a.is_link_local or (not self.v6 and int(a) >> 28 >= 14) or (not self.v6 and int(a) >> 24 == 0))

    def near(self, values, default, lo, hi):
        if values and self.rnd.random() < .7:
            return min(hi, max(lo, self.rnd.choice(values) + self.rnd.choice((0, 0, 0, 1, -1))))
        return self.rnd.choice(default)

    def address(self, local):
        if self.c.special and self.rnd.random() < .15:
            return self.rnd.choice(self.c.special)
        if self.rnd.random() < (.5 if local else .05):
            return self.rnd.choice(self.local)[0]
        for _ in range(30):
            if self.c.networks and self.rnd.random() < .8:
                net = self.rnd.choice(self.c.networks)
                lo, hi = int(net.network_address), int(net.broadcast_address)
                value = self.rnd.choice((lo, hi, lo - 1, hi + 1, self.rnd.randint(lo, hi), self.rnd.randint(lo, hi)))
            else:
                value = int(self.cls('2000::')) | self.rnd.getrandbits(125) if self.v6 else self.rnd.getrandbits(32)
            if 0 < value < 2 ** self.bits and self.usable(self.cls(value)):
                return str(self.cls(value))
        return str(self.cls(int(self.cls(self.local[0][0])) + 5))

    def segment_routing(self, proto):
        """A routing header for segment routing, mostly; and sometimes one that says more segments are left than it has."""
        rnd, c = self.rnd, self.c
        last, left = self.near(c.segments, (0, 1, 3), 0, 255), self.near(c.segments, (0, 1, 2), 0, 255)
        size = min(2 * (last + 1), 16) + rnd.choice((0, 0, 1))
        segments = b''.join(ipaddress.IPv6Address(rnd.choice(c.srh_segments) if c.srh_segments and rnd.random() < .6 else '2001:db8::7').packed for _ in range(16))
        return struct.pack('!BBBBBB', proto, size, rnd.choice((4, 4, 4, 4, 0)), left, last, 0) + \
            struct.pack('=H', rnd.choice(c.srh_tags) if c.srh_tags and rnd.random() < .7 else 7) + (segments + bytes(16))[:8 * size]

    def made_of(self, mac, address):
        """The address with the MAC address in it, or nearly."""
        m = bytearray.fromhex(mac.replace(':', ''))
        a = bytearray(ipaddress.IPv6Address(address).packed[:8]) + bytes([m[0] ^ 2]) + m[1:3] + b'\xff\xfe' + m[3:]
        if self.rnd.random() < .4:
            a[self.rnd.randint(8, 15)] ^= 1 << self.rnd.randint(0, 7)
        return str(ipaddress.IPv6Address(bytes(a)))

    def one(self, i):
        rnd, c = self.rnd, self.c
        out = rnd.random() < .2
        port = lambda: self.near(c.ports, (rnd.randint(1, 65535), 53, 1024), 1, 65535)
        if self.flows and rnd.random() < .25:
            src, dst, proto, sport, dport = rnd.choice(self.flows)
            if rnd.random() < .6:
                src, dst, sport, dport = dst, src, dport, sport
            flags, icmp = rnd.choice((0x10, 0x12, 0x18, 0x04, 0x11)), (129 if self.v6 else 0, 0)
        else:
            src, dst = (rnd.choice(self.local)[0], self.address(False)) if out else (self.address(False), self.address(True))
            proto, sport, dport = rnd.choice(c.protos + [6, 17]), port(), port()
            flags = rnd.choice((2, 2, 2, 0x10, 0x12, 4, 0, 0x29, 0x3f, 1, 3, 0xc2))
            icmp = (self.near(c.icmp_types, (128, 1, 3, 135) if self.v6 else (8, 0, 3, 11), 0, 255), rnd.choice((0, 0, 1, 3)))
            if c.eui64 and not out and rnd.random() < .7:
                src = self.made_of('02:00:00:00:00:07', src)
            self.flows.append((src, dst, proto, sport, dport))
        size = self.near(c.lengths, (0, 1, 20, 200), 0, 1400)
        options = struct.pack('!BBH', 2, 4, self.near(c.mss, (536, 1460), 1, 65535)) if flags & 2 and rnd.random() < .8 else b''
        body = transport(src, dst, proto, sport, dport, flags, icmp, bytes(rnd.choice(b'GET /xyz') for _ in range(max(0, size - 40))), options, self.near(c.spis, (1, 700), 0, 2 ** 32 - 1))
        extra, kind = {}, proto
        wild = rnd.random()
        if c.srh and rnd.random() < .8:
            kind, body = 43, self.segment_routing(rnd.choice(c.srh_next) if c.srh_next and rnd.random() < .7 else proto) + body
        elif wild < .05:
            body = body[:rnd.choice((2, 4, 7, 12, 19))]
        elif not self.v6 and wild < .12:
            extra = {'frag': rnd.choice((0x2000, 0x2001, 0x0001, 0x0005))}
        elif not self.v6 and wild < .15:
            extra = {'options': b'\x94\x04\0\0'}
        elif self.v6 and wild < .25:
            kind = rnd.choice((60, 43, 44))
            body = {60: struct.pack('!BBHI', proto, 0, 0x0104, 0), 43: struct.pack('!BBBBI', proto, 2, 0, 0, 0) + ipaddress.ip_address(dst).packed,
                    44: struct.pack('!BBHI', proto, 0, rnd.choice((0, 1, 8, 9)), i + 1)}[kind] + body
        data = packet(src, dst, kind, body, tos=self.near(c.tos, (0, 0, 0x10, 3), 0, 255), ttl=self.near(c.ttls, (64, 64, 2, 255), 1, 255), ident=i % 65535 + 1, **extra)
        return {'out': out, 'dev': rnd.choice(c.interfaces), 'src': src, 'dst': dst, 'mark': rnd.choice(c.marks) if c.marks and rnd.random() < .5 else 0,
                'uid': self.near(c.uids, (0, 1000), 0, 2 ** 31), 'mac': rnd.choice(c.macs) if c.macs and rnd.random() < .6 else '02:00:00:00:00:07',
                'cast': rnd.choice((0,) * 12 + (1, 2)), 'data': data}
