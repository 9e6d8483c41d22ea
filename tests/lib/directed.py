# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets made for what a ruleset asks for and chance would hardly give: extension headers, chunks, options,
strings. All are for this host."""
import ipaddress, re, struct
from packets import packet, transport

CHUNKS = {'DATA': 0, 'INIT': 1, 'INIT_ACK': 2, 'SACK': 3, 'HEARTBEAT': 4, 'HEARTBEAT_ACK': 5, 'ABORT': 6, 'SHUTDOWN': 7, 'SHUTDOWN_ACK': 8, 'ERROR': 9,
          'COOKIE_ECHO': 10, 'COOKIE_ACK': 11, 'ECN_ECNE': 12, 'ECN_CWR': 13, 'SHUTDOWN_COMPLETE': 14, 'I_DATA': 64, 'RE_CONFIG': 130, 'PAD': 132,
          'ASCONF': 193, 'ASCONF_ACK': 128, 'FORWARD_TSN': 192, 'I_FORWARD_TSN': 194}
DCCP = ('REQUEST', 'RESPONSE', 'DATA', 'ACK', 'DATAACK', 'CLOSEREQ', 'CLOSE', 'RESET', 'SYNC', 'SYNCACK')
FLAGS = {'FIN': 1, 'SYN': 2, 'RST': 4, 'PSH': 8, 'ACK': 16, 'URG': 32, 'ALL': 63, 'NONE': 0}


def values(text, option):
    return re.findall(rf'{option} "?([^\s"]+)', text)


def sctp(text, ports):
    """Each of the chunks asked for alone, then all of them, then none."""
    kinds = [CHUNKS[c] for v in re.findall(r'--chunk-types \S+ (\S+)', text) for c in re.split(r'[,:]', v.upper()) if c in CHUNKS]
    kinds = list(dict.fromkeys(kinds))
    for combination in [[k] for k in kinds] + [kinds, [CHUNKS['HEARTBEAT']]] if kinds else []:
        yield struct.pack('!HHII', *ports, 0, 0) + b''.join(struct.pack('!BBH', k, 0, 4) for k in combination)
    if '-p sctp' in text:
        yield struct.pack('!HHII', *ports, 0, 0)


def dccp(text, ports):
    asked = {DCCP.index(t) for v in values(text, '--dccp-types') for t in v.upper().split(',') if t in DCCP}
    for kind in sorted(asked | {2, 3}) if '-p dccp' in text else []:
        yield struct.pack('!HHBBHBBHHHI', *ports, 4, 0, 0, kind << 1 | 1, 0, 0, 0, 0, 1)


def tcp_flags(text):
    for mask, wanted in re.findall(r'--tcp-flags (\S+) (\S+)', text):
        m, w = (sum(FLAGS.get(f, 0) for f in part.split(',')) for part in (mask, wanted))
        yield from (w, m & ~w)
    yield from (2,) if '--syn' in text else ()
    yield from (0x40 | 16, 0x80 | 16, 0xc2) if 'ecn' in text.lower() else ()


def tcp_options(text):
    """(flags, options) of packets that have the options that rules ask for; NOP may be the last byte."""
    for number in [int(n) for n in re.findall(r'--tcp-option (?:! )?(\d+)', text)] + [3, 5, 8, 254] * ('TCPOPTSTRIP' in text):
        if number > 1:
            yield 2, bytes((number, 4, 0, 1))
        else:
            yield from ((flags, options) for flags in (2, 16) for options in (b'\1\1\1\1', b'\3\3\7\1'))


def strings(text, header):
    """UDP payloads that have a string where a rule looks for it; the offset is that of the packet."""
    for line in text.splitlines():
        m = re.search(r'--(hex-)?string "([^"]*)"', line) or re.search(r'--(hex-)?string (\S+)', line)
        if not m:
            continue
        pattern = m.group(2).encode()
        if m.group(1):
            pattern = b''.join(bytes.fromhex(p.decode().replace(' ', '')) if i % 2 else p for i, p in enumerate(pattern.split(b'|')))
        start = int((values(line, '--from') or ['0'])[0]) - header - 8
        for place in (start, start + 1) if start >= 0 else ():
            yield bytes(place) + pattern + b'tail'


def headers6(text, destination):
    """(next header, bytes) of extension headers; the number in front is of the header, 59 or UDP follows."""
    local = ipaddress.ip_address(destination).packed
    udp = struct.pack('!HHHH', 1000, 2000, 8, 0)
    for kind, name in ((0, 'hbh'), (60, 'dst')):
        if name in text or 'ipv6header' in text:
            asked = [v for v in values(text, f'--{name}-opts')]
            for options in (b'\1\4\0\0\0\0', b'\5\2\0\0\0\0', b'\1\0\1\1\0\0', b'\36\14' + bytes(12)):
                yield kind, struct.pack('!BB', 17, (len(options) + 2) // 8 - 1) + options + udp
            for v in asked:
                options = b''.join(bytes((int(o.split(':')[0]), int(o.split(':')[1]))) + bytes(int(o.split(':')[1])) if ':' in o else bytes((int(o), 0)) for o in v.split(','))
                options += bytes(-(len(options) + 2) % 8)
                yield kind, struct.pack('!BB', 17, (len(options) + 2) // 8 - 1) + options + udp
    if '-m rt' in text or 'ipv6header' in text:
        lists = [[ipaddress.ip_address(a).packed for a in v.split(',')] for v in values(text, '--rt-0-addrs')] + [[local]]
        for addresses in lists:
            for kind, left in ((0, 0), (0, len(addresses)), (2, 1)):
                yield 43, struct.pack('!BBBBI', 17, 2 * len(addresses), kind, left, 0) + b''.join(addresses) + udp
    if '-m frag' in text or 'ipv6header' in text:
        idents = sorted({int(n, 0) for v in values(text, '--fragid') for n in v.split(':') if n} | {7})
        for place in (0, 1, 8, 9, 6):
            yield 44, struct.pack('!BBHI', 17, 0, place, idents[place % len(idents)]) + udp
    if '-m ah' in text:
        for spi, reserved in [(int(n, 0), 0) for v in values(text, '--ahspi') for n in v.split(':') if n] + [(7000, 0), (7000, 1)]:
            yield 51, struct.pack('!BBHII', 17, 2, reserved, spi, 1) + bytes(4) + udp
            yield 51, struct.pack('!BBHII', 17, 4, reserved, spi, 1) + bytes(12) + udp
    if 'ipv6header' in text:
        yield 59, b''
        yield 50, transport('::1', '::1', 50)


def directed(text, v6, local):
    """[bytes] of whole packets to @local."""
    src = '2001:db8:99::77' if v6 else '10.213.0.77'
    numbers = [int(n) for v in re.findall(r'port (?:! )?([0-9:]+)', text) for n in v.split(':') if n]
    ports, icmp = (numbers[:1] or [1000]) + (numbers[1:2] or [2000]), 58 if v6 else 1

    def to(proto, body, **more):
        return packet(src, local, proto, body, **more)
    out = [to(132, b) for b in sctp(text, ports)] + [to(33, b) for b in dccp(text, ports)]
    out += [to(6, transport(src, local, 6, *ports, flags=f)) for f in tcp_flags(text)]
    out += [to(6, transport(src, local, 6, *ports, flags=f, options=o)) for f, o in tcp_options(text)]
    out += [to(17, transport(src, local, 17, *ports, payload=p)) for p in strings(text, 40 if v6 else 20)]
    if re.search(r'ecn|-j ECN', text):
        out += [to(17, transport(src, local, 17, *ports), tos=t) for t in (0, 1, 2, 3)]
    if v6:
        out += [to(kind, body) for kind, body in headers6(text, local)]
    for port in dict.fromkeys(numbers[:12]) if re.search('connlabel|CT |synproxy', text, re.I) else ():
        out.append(to(6, transport(src, local, 6, 1000, port, flags=2)))
    if '-m helper' in text:
        out += [to(icmp, transport(src, local, icmp, icmp=(128 if v6 else 8, 0)))]
    return out
