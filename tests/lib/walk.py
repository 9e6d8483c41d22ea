# SPDX-License-Identifier: GPL-2.0-or-later
"""Walks of --explain beside the kernel's: every event of its TRACE, and how each packet ends.

A case is a ruleset and packets, which are given to both as bytes. Compared are, per packet: the events that TRACE
logs, with addresses, ports and mark, of the packet and of all that it provokes; then, from an observer behind all
tables, each packet that arrives here or leaves: where, addresses, ports, mark, time to live and length.
"""
import ipaddress, json, os, re, struct, subprocess, tempfile

from netns import Namespace, in_child, shell
from packets import checksum, packet, pseudo, transport

PROGRAM = os.environ.get('IPTC2NFT', os.path.abspath('./iptc2nft'))
EVENT = re.compile(r'TRACE: ([^:]+):(.+):(rule|return|policy):(\d+)')
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32


class Host:
    """eth0 is outside, eth1 inside. What Namespace and packet.spec need to know."""

    class Interfaces:
        interfaces = ('eth0', 'eth1')

    def __init__(self, v6):
        self.v6, self.c = v6, self.Interfaces
        self.local = [('2001:db8:f::2', 64, 'eth0'), ('2001:db8:1::1', 64, 'eth1')] if v6 else [('203.0.113.2', 24, 'eth0'), ('192.0.2.1', 24, 'eth1')]
        self.routes = []
        self.extra = ['unreachable 2001:db8:dead::/48', 'prohibit 2001:db8:bad::/48', 'blackhole 2001:db8:b1ac::/48'] if v6 else ['unreachable 10.66.0.0/16', 'prohibit 10.77.0.0/16', 'blackhole 10.88.0.0/16']


class Case:
    """One ruleset, and packets for it: (interface or None for one of our own, bytes[, options])."""

    def __init__(self, name, rules, packets, v6=False, mtu=None):
        self.name, self.rules, self.packets, self.v6, self.mtu = name, rules, packets, v6, mtu


def tcp(src, dst, sport, dport, flags, seq=1000, ack=0, data=b'', window=8192, options=b''):
    head = struct.pack('!HHIIBBHHH', sport, dport, seq, ack, (5 + len(options) // 4) << 4, flags, window, 0, 0) + options
    c = checksum(pseudo(src, dst, 6, len(head + data)) + head + data)
    return packet(src, dst, 6, head[:16] + struct.pack('!H', c) + head[18:] + data)


def udp(src, dst, sport, dport, data=b'', **kw):
    return packet(src, dst, 17, transport(src, dst, 17, sport, dport, payload=data), **kw)


def icmp(src, dst, kind, code=0, body=b'\0\7\0\1', **kw):
    """An ICMP or ICMPv6 message; @body follows type, code and checksum."""
    v6 = ':' in src
    head = struct.pack('!BBH', kind, code, 0) + body
    c = checksum((pseudo(src, dst, 58, len(head)) if v6 else b'') + head)
    return packet(src, dst, 58 if v6 else 1, head[:2] + struct.pack('!H', c) + head[4:], **kw)


def error(src, dst, quoted, kind, code=0, info=0):
    return icmp(src, dst, kind, code, struct.pack('!I', info) + quoted[:1000 if ':' in src else 548])


def traced(text):
    """The ruleset with TRACE first in raw; whether it had a raw table."""
    rules = '-A PREROUTING -j TRACE\n-A OUTPUT -j TRACE\n'
    if not re.search(r'^\*raw\b', text, re.M):
        return f'*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n{rules}COMMIT\n' + text, False
    return re.sub(r'(^\*raw\n(?::.*\n)*)', lambda m: m.group(1) + rules, text, count=1, flags=re.M), True


def fields(b, v6):
    """Source, destination and ports of a packet's bytes, as the trace prints them."""
    if len(b) < (40 if v6 else 20):
        return None
    addresses = [str(ipaddress.ip_address(a)) for a in ((b[8:24], b[24:40]) if v6 else (b[12:16], b[16:20]))]
    proto, at, first = (b[6], 40, True) if v6 else (b[9], (b[0] & 15) * 4, not (b[6] << 8 | b[7]) & 0x1fff)
    while v6 and proto in (0, 43, 60, 44, 51) and len(b) >= at + 8:
        first = first and not (proto == 44 and (b[at + 2] << 8 | b[at + 3]) & 0xfff8)
        proto, at = b[at], at + (8 if proto == 44 else 4 * (b[at + 1] + 2) if proto == 51 else 8 * (b[at + 1] + 1))
    ports = list(struct.unpack('!HH', b[at:at + 4])) if first and proto in (6, 17, 132) and len(b) >= at + 4 else None
    return addresses + [ports]


def kernel(case, host):
    text, had_raw = traced(case.rules)
    ns = Namespace(host)
    six = '6' if case.v6 else ''
    for route in host.extra:
        shell(f'ip -{six or 4} route add {route}')
    if case.mtu:
        shell(f'ip link set eth1 mtu {case.mtu}')
    ns.observe()
    with tempfile.NamedTemporaryFile('w', suffix='.rules') as f:
        f.write(text), f.flush()
        shell(f'ip{six}tables-legacy-restore < {f.name}')
    ns.seen()
    walks = []
    for dev, data, *options in case.packets:
        options = options[0] if options else {}
        destination = str(ipaddress.ip_address(data[24:40] if case.v6 else data[16:20]))
        if not dev:
            s = ns.raw_of(0)
            s.setsockopt(1, 6, 1)                                            # SO_BROADCAST
            if case.v6:
                s.setsockopt(41, 18, 1)                                      # IPV6_MULTICAST_HOPS
        ns.send({'out': not dev, 'dev': dev, 'dst': destination, 'mark': 0, 'uid': 0, 'mac': '02:00:00:00:00:07',
                 'cast': ('host', 'broadcast', 'multicast').index(options.get('pkttype', 'host')), 'data': data})
        events, ends = [], []
        for tag, prefix, hook, _, out, mark, payload in ns.seen():
            b = bytes.fromhex(payload)
            if tag == 'hook' and prefix in ('input', 'postrouting'):
                ends.append([prefix, out if prefix == 'postrouting' else None] + fields(b, case.v6) + [mark, b[7 if case.v6 else 8], length(b, case.v6)])
            m = EVENT.match(prefix) if tag == 'log' else None
            if not m:
                continue
            table, chain, number = m.group(1), m.group(2), int(m.group(4))
            if table == 'raw' and chain in ('PREROUTING', 'OUTPUT'):
                number -= 1
            if table == 'raw' and (not had_raw or not number):
                continue
            events.append([f'{table}:{chain}:{number}'] + fields(b, case.v6) + [mark])
        walks.append([events, ends])
    return walks


def length(b, v6):
    return 40 + (b[4] << 8 | b[5]) if v6 else b[2] << 8 | b[3]


def spec(case, host):
    lines = [f'interface {dev} ' + ' '.join(f'{a}/{n}' for a, n, d in host.local if d == dev) + (f' mtu {case.mtu}' if case.mtu and dev == 'eth1' else '') for dev in host.c.interfaces]
    lines += ['route default dev eth0'] + [f'route {r}' for r in host.extra]
    for dev, data, *options in case.packets:
        keys = ''.join(f' {k}={v}' for k, v in (options[0] if options else {}).items())
        lines.append((f'packet in={dev} smac=02:00:00:00:00:07' if dev else 'packet out uid=0 gid=0') + f'{keys} raw={data.hex()}')
    return '\n'.join(lines) + '\n'


def explained(case, host):
    with tempfile.TemporaryDirectory() as where:
        with open(f'{where}/rules', 'w') as f, open(f'{where}/spec', 'w') as g:
            f.write(case.rules), g.write(spec(case, host))
        run = lambda form: subprocess.run([PROGRAM, '-6' if case.v6 else '-4', '--explain', f'{where}/spec', '--answers', '--loopback', f'--format={form}', f'{where}/rules'],
                                          capture_output=True, text=True, timeout=60)
        traces, objects = run('trace'), run('json')
    for r in (traces, objects):
        if r.returncode:
            raise RuntimeError(r.stderr[:1000])
    walks = [[[], []] for _ in case.packets]
    for line in traces.stdout.splitlines():
        m = re.match(r'\[(\d+)(?:\.\d+)?\] ' + EVENT.pattern + r' .*?SRC=(\S+) DST=(\S+)(.*) MARK=(\S+)', line)
        if m:
            ports = re.search(r'SPT=(\d+) DPT=(\d+)', m.group(8))
            walks[int(m.group(1)) - 1][0].append([f'{m.group(2)}:{m.group(3)}:{m.group(5)}', m.group(6), m.group(7), [int(p) for p in ports.groups()] if ports else None, int(m.group(9), 16)])
    for line in objects.stdout.splitlines():
        o = json.loads(line)
        hook = {'delivered': 'input', 'forwarded': 'postrouting', 'sent': 'postrouting'}.get(o['verdict'])
        e = o['ended']
        if hook:
            walks[o['packet'] - 1][1].append([hook, o.get('out') if hook == 'postrouting' else None, e['src'], e['dst'], [e['sport'], e['dport']] if 'sport' in e else None, e['mark'], e['ttl'], e['length']])
    return walks


def check(case, verbose=False):
    """Whether all is as in the kernel; what is not is printed."""
    host = Host(case.v6)
    theirs, ours = in_child(kernel, case, host), explained(case, host)
    wrong = [i for i, (a, b) in enumerate(zip(theirs, ours)) if a != b]
    for i in wrong[:None if verbose else 3]:
        print(f'FAIL {case.name}: packet {i + 1} {case.packets[i][0] or "out"} {case.packets[i][1].hex()[:160]}')
        for what, k in (('events', 0), ('ends', 1)):
            if theirs[i][k] != ours[i][k]:
                print(f'   {what}, kernel {theirs[i][k]}\n   {" " * len(what)}  ours   {ours[i][k]}')
    return not wrong
