# SPDX-License-Identifier: GPL-2.0-or-later
"""Headers that are cut short, and fragments, past every match that looks into a transport header.

xtables drops a packet where a match can't read its header (hotdrop), so that the last rule does not log it.
What is known to differ is left out: an extension header with nothing behind it, or a later one that is cut short, which
ours drops; TCP options that reach beyond the header; an MSS of another length than 4."""
import struct
from packets import packet, transport
from sequence import LOCAL, Sequence

SRC = {False: '10.213.0.10', True: '2001:db8:99::10'}
MATCHES = [ # protocol, its name, a match that needs the header
    (6, 'tcp', '-m tcp --dport 1:65535'), (6, 'tcp', '-m tcp --tcp-flags SYN,ACK SYN'), (6, 'tcp', '-m tcp --tcp-option 2'), (6, 'tcp', '-m multiport --dports 22,2000'),
    (6, 'tcp', '-m tcp -m tcpmss --mss 1:65535'), (6, 'tcp', '-m ecn ! --ecn-tcp-cwr'), (17, 'udp', '-m udp --sport 1000'), (17, 'udp', '-m udp ! --dport 7'),
    (17, 'udp', '-m multiport ! --ports 1,2'), (132, 'sctp', '-m sctp --dport 2000'), (132, 'sctp', '-m sctp --chunk-types any INIT'), (33, 'dccp', '-m dccp --sport 1000'),
    (33, 'dccp', '-m dccp --dccp-types REQUEST'), (136, 'udplite', '-m multiport --dports 2000'), (50, 'esp', '-m esp --espspi 1:100'), (108, 'ipcomp', '-m ipcomp --ipcompspi 1'),
]
ONLY = {False: [(1, 'icmp', '-m icmp --icmp-type 8'), (1, 'icmp', '-m icmp ! --icmp-type 3/1'), (51, 'ah', '-m ah --ahspi 1:100')],
        True: [(58, 'ipv6-icmp', '-m icmp6 --icmpv6-type 128'), (135, 'mh', '-m mh --mh-type 0:3')]}
# Extension headers: the header's number, a match.
HEADERS = [(60, '-p all'), (0, '-m hbh --hbh-len 8'), (60, '-m dst ! --dst-len 16'), (43, '-m rt --rt-type 2'), (44, '-m frag --fragid 0:100'), (60, '-m ipv6header --header dst --soft')]


def cut(v6, proto, name, match):
    src, dst = SRC[v6], LOCAL[v6]
    body = transport(src, dst, proto, flags=2, icmp=(128 if v6 else 8, 0), options=struct.pack('!BBH', 2, 4, 1400) if proto == 6 else b'')
    lengths = {0, 1, 2, 3, 4, 6, 7, 8, 11, 12, 13, 15, 16, 19, 20, 23, len(body)}
    whole = [packet(src, dst, proto, body[:n]) for n in sorted(lengths) if n <= len(body)]
    fragments = []
    for at in (0x2000, 0x2001, 1, 2, 5):
        for n in (8, 16, 20, len(body)):
            if v6:
                fragments.append(packet(src, dst, 44, struct.pack('!BBHI', proto, 0, (at & 0x1fff) << 3 | at >> 13, len(fragments)) + body[:n]))
            else:
                fragments.append(packet(src, dst, proto, body[:n], frag=at, ident=len(fragments) + 1))
    rules = f'-p {name} {match}\n-p {name}\n-m comment --comment "all that is left"'
    return Sequence(f'cut short: -p {name} {match}', rules, [{'raw': p} for p in whole + fragments], v6, idle=(1, 2, 3) if v6 and 'ecn' in match else (1, 2))


def headers(kind, match):
    src, dst = SRC[True], LOCAL[True]
    udp = transport(src, dst, 17)
    inner = {43: struct.pack('!BBBBI', 17, 0, 2, 0, 0), 44: struct.pack('!BBHI', 17, 0, 0, 7), 51: struct.pack('!BBHIII', 17, 2, 0, 7, 1, 0)}.get(kind, struct.pack('!BBHI', 17, 0, 0x0104, 0))
    body = inner + udp
    steps = [packet(src, dst, kind, body[:n]) for n in (0, 1, 2, 3, 4, 7, 9, 12, 15, 16)]
    # A header of twice the length that is not there.
    steps += [packet(src, dst, kind, (body[:1] + b'\1' + body[2:] + bytes(8))[:n]) for n in (8, 11, 15, 17, 24)] if kind != 44 else []
    # A header behind another, cut off.
    steps += [packet(src, dst, 60, struct.pack('!BBHI', kind, 0, 0x0104, 0) + body[:n]) for n in (() if kind == 60 else (0, 1, 4, 7)) + (9, 16)]
    # Nothing is to follow.
    steps += [packet(src, dst, kind, b'\73' + body[1:8]), packet(src, dst, kind, b'\73' + body[1:8] + b'pad')]
    steps += [packet(src, dst, 17, udp)]
    return Sequence(f'cut short: {match}', f'{match}\n-p udp\n-m comment --comment "all that is left"', [{'raw': p} for p in steps], True, idle=(1, 2))


def options(v6):
    """TCP headers that are shorter than 20 bytes or longer than the packet, to what looks for options."""
    src, dst = SRC[v6], LOCAL[v6]

    def syn(options, words=None, n=None):
        return packet(src, dst, 6, (struct.pack('!HHIIBBHHH', 1000, 2000, 1, 0, (5 + len(options) // 4 if words is None else words) << 4, 2, 8192, 0, 0) + options)[:n])

    mss, other = b'\2\4\1\0', b'\3\3\7\1'
    steps = [syn(b''), syn(mss), syn(other + mss), syn(b'\0\0\0\0' + mss), syn(b'\1\1\7\2' + mss), syn(b'\7\0\1\1' + mss), syn(b'\1' * 36 + mss)]
    steps += [syn(mss, words) for words in (0, 4, 5, 7, 15)] + [syn(mss + other, None, n) for n in (21, 24, 27)]
    rules = '-p tcp -m tcp --tcp-option 2\n-p tcp -m tcp ! --tcp-option 7\n-p tcp -m tcp -m tcpmss --mss 256\n-p tcp -m tcp -m tcpmss ! --mss 1:255'
    # One after the other, so that each of them is the first to drop.
    matches = [Sequence(f'TCP options: {r}', f'-p tcp -m tcp --dport 1:\n{r}\n-m comment --comment "all that is left"', [{'raw': p} for p in steps], v6, idle=(1,))
               for r in rules.splitlines()]
    targets = '-p tcp -j TCPOPTSTRIP --strip-options 3,8\n-p tcp -m tcp --syn -j TCPMSS --set-mss 200'
    bare = [syn(mss, words, n) for words, n in ((0, None), (4, None), (5, None), (6, None), (7, None), (15, None), (6, 19), (6, 20), (6, 23))]
    return matches + [Sequence(f'TCP options: {r}', f'{r}\n-m comment --comment "all that is left"', [{'raw': p} for p in bare], v6, table='mangle')
                      for r in targets.splitlines()]


def authenticated():
    """An authentication header is cut short; what is behind one is no protocol that a rule names."""
    src, dst = SRC[True], LOCAL[True]

    def header(following, units, n=None):
        return packet(src, dst, 51, (struct.pack('!BBHII', following, units, 0, 7, 1) + bytes(max(0, units - 1) * 4) + b'behind it')[:n])

    steps = [header(253, units) for units in (0, 1, 2, 4, 6, 14, 22)] + [header(253, 4, n) for n in (0, 1, 2, 4, 8, 11, 12, 20, 23, 24)] + [header(59, 4, 24), packet(src, dst, 17, transport(src, dst, 17))]
    rules = '-m ah\n-m ah ! --ahspi 7\n-m ah --ahlen 24\n! -p tcp\n-p udp'
    return Sequence('cut short: -m ah', f'{rules}\n-m comment --comment "all that is left"', [{'raw': p} for p in steps], True, idle=(2, 4))


def ports():
    """Ports of any protocol: hashlimit drops a packet that says that nothing follows, but not a later fragment."""
    src, dst = SRC[True], LOCAL[True]
    udp, pad = transport(src, dst, 17), struct.pack('!HI', 0x0104, 0)
    steps = [packet(src, dst, 17, udp), packet(src, dst, 59, b''), packet(src, dst, 59, udp), packet(src, dst, 60, b'\73\0' + pad), packet(src, dst, 60, b'\21\0' + pad + udp),
             packet(src, dst, 60, b'\21'), packet(src, dst, 17, udp[:3]), packet(src, dst, 17, udp[:4]), packet(src, dst, 253, b''), packet(src, dst, 50, b'abc')]
    steps += [packet(src, dst, 44, struct.pack('!BBHI', following, 0, place, 7) + udp) for following in (17, 59) for place in (1, 24)]
    limit = '--hashlimit-above 1000/sec --hashlimit-burst 1000 --hashlimit-name a --hashlimit-mode dstport'
    return Sequence('cut short: ports of any protocol', f'-m hashlimit {limit}\n-m comment --comment "all that is left"', [{'raw': p} for p in steps], True, idle=(1,))


CASES = [cut(v6, *m) for v6 in (False, True) for m in MATCHES + ONLY[v6]] + [headers(*h) for h in HEADERS] + options(False) + options(True) + [authenticated(), ports()]
