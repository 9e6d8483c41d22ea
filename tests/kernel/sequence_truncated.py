# SPDX-License-Identifier: GPL-2.0-or-later
"""Headers that are cut short, and fragments, past every match that looks into a transport header.

xtables drops a packet where a match can't read its header (hotdrop), so that the last rule does not log it.
What is known to differ is left out: TCP options that are cut off, and extension headers shorter than they say."""
import struct
from packets import packet, transport
from sequence import LOCAL, Sequence

SRC = {False: '10.213.0.10', True: '2001:db8:99::10'}
MATCHES = [ # protocol, its name, a match that needs the header
    (6, 'tcp', '-m tcp --dport 1:65535'), (6, 'tcp', '-m tcp --tcp-flags SYN,ACK SYN'), (6, 'tcp', '-m tcp --tcp-option 2'), (6, 'tcp', '-m multiport --dports 22,2000'),
    (6, 'tcp', '-m tcpmss --mss 1:65535'), (6, 'tcp', '-m ecn ! --ecn-tcp-cwr'), (17, 'udp', '-m udp --sport 1000'), (17, 'udp', '-m udp ! --dport 7'),
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
    options = 'option' in match or 'mss' in match
    lengths = {0, 1, 2, 3, 4, 6, 7, 8, 11, 12, 13, 15, 16, 19, len(body)} | (set() if options else {20, 23})
    whole = [packet(src, dst, proto, body[:n]) for n in sorted(lengths) if n <= len(body)]
    fragments = []
    for at in (0x2000, 0x2001, 1, 2, 5):
        for n in (8, 16, len(body)) if not (options and v6) else ():
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
    steps = [packet(src, dst, kind, body[:n]) for n in (0, 1, 8, 9, 12, 15, 16)]
    # A header behind another, cut off.
    steps += [packet(src, dst, 60, struct.pack('!BBHI', kind, 0, 0x0104, 0) + body[:n]) for n in (0, 1, 8, 16)]
    steps += [packet(src, dst, 17, udp)]
    return Sequence(f'cut short: {match}', f'{match}\n-p udp\n-m comment --comment "all that is left"', [{'raw': p} for p in steps], True, idle=(1, 2))


CASES = [cut(v6, *m) for v6 in (False, True) for m in MATCHES + ONLY[v6]] + [headers(*h) for h in HEADERS]
