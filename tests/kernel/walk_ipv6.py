# SPDX-License-Identifier: GPL-2.0-or-later
"""IPv6 extension headers and fragments, and IPv4 fragments and options beside them."""
import struct

from packets import packet, transport
from walk import ACK, SYN, Case, icmp, tcp, udp

A, B, ME = '2001:db8:1::a', '2001:db8:7::b', '2001:db8:f::2'
A4, B4, ME4 = '192.0.2.100', '198.51.100.77', '203.0.113.2'
RULES = '''*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -p udp -m udp --dport 53
-A PREROUTING -m frag --fragfirst
-A PREROUTING -m frag --fragmore
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -m ipv6header --header hop-by-hop --soft
-A FORWARD -m ipv6header --header dst --soft
-A FORWARD -m ipv6header --header route --soft
-A FORWARD -m ipv6header --header frag --soft
-A FORWARD -m ipv6header --header auth --soft
-A FORWARD -m ipv6header --header none --soft
-A FORWARD -m rt --rt-type 0
-A FORWARD -m rt --rt-segsleft 1
-A FORWARD -m hbh
-A FORWARD -m dst --dst-len 8
-A FORWARD -p tcp -m tcp --dport 80
-A FORWARD -p tcp -m tcp ! --tcp-flags SYN SYN
-A FORWARD -p udp -m udp --dport 53
-A FORWARD -p ipv6-icmp -m icmp6 --icmpv6-type 128
-A FORWARD -p ah
-A FORWARD -p esp
-A FORWARD ! -p tcp
TRACKING
COMMIT
'''
TRACKING = '''-A FORWARD -m conntrack --ctstate INVALID
-A FORWARD -m conntrack --ctstate NEW
-A FORWARD -m conntrack --ctstate ESTABLISHED'''
RULES4 = '''*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A PREROUTING -f
-A PREROUTING ! -f
-A PREROUTING -p udp -m udp --dport 53
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A FORWARD -f
-A FORWARD -p tcp -m tcp --dport 80
-A FORWARD -p udp -m udp --dport 53
-A FORWARD -p udp -m length --length 100:65535
TRACKING
COMMIT
'''
HBH, ROUTE, FRAG, ESP, AH, NONE, DST, MH = 0, 43, 44, 50, 51, 59, 60, 135


def chain(headers, proto, body):
    """(first next header, bytes) of extension headers in front of a transport header."""
    following = proto
    for kind, data in reversed(headers):
        if kind == FRAG:
            head = struct.pack('!BBHI', following, 0, *data)
        elif kind == AH:
            head = struct.pack('!BBHII', following, 4, 0, data, 1) + bytes(12)
        else:
            data = data + bytes(-(len(data) + 2) % 8)
            head = struct.pack('!BB', following, (len(data) + 2) // 8 - 1) + data
        body, following = head + body, kind
    return following, body


def with_headers(headers, inner):
    """The packet @inner with extension headers."""
    kind, body = chain(headers, inner[6], inner[40:])
    return inner[:4] + struct.pack('!HB', len(body), kind) + inner[7:40] + body


PADN = b'\1\4\0\0\0\0'
ROUTE0 = b'\0\0\0\0\0\0'
ROUTE2 = b'\2\1\0\0\0\0' + bytes(16)


def headers():
    inner = tcp(A, B, 1, 80, SYN), udp(A, B, 1, 53), icmp(A, B, 128)
    sets = ([(HBH, PADN)], [(DST, PADN)], [(ROUTE, ROUTE0)], [(FRAG, (0, 7))], [(AH, 700)], [(HBH, PADN), (DST, PADN)], [(HBH, PADN), (ROUTE, ROUTE0), (DST, PADN)], [(DST, PADN), (DST, PADN)],
            [(HBH, PADN), (DST, PADN), (ROUTE, ROUTE0), (FRAG, (0, 8)), (AH, 700), (DST, PADN)], [(AH, 7), (DST, PADN)], [(DST, PADN), (HBH, PADN)], [(DST, b'\1\x0e' + bytes(14))], [(ROUTE, ROUTE2)])
    p = [('eth1', with_headers(s, i)) for s in sets for i in inner]
    p += [('eth1', packet(A, B, NONE, b'')), ('eth1', packet(A, B, NONE, b'12345678')), ('eth1', packet(A, B, ESP, transport(A, B, ESP))), ('eth1', packet(A, B, MH, transport(A, B, MH)))]
    # cut short, and lengths that point behind the end
    whole = with_headers([(HBH, PADN), (DST, PADN)], inner[0])
    for n in (2, 7, 8, 16, 17, 30): # at 12 the match dst needs its whole header, which nft does not
        p.append(('eth1', whole[:4] + struct.pack('!H', n) + whole[6:40 + n]))
    p += [('eth1', packet(A, B, DST, b'\6\x20' + bytes(6))), ('eth1', packet(A, B, HBH, b'\6\x20' + bytes(6))), ('eth1', packet(A, B, AH, b'\6\x20' + bytes(6))), ('eth1', packet(A, B, FRAG, b'\6\0\0'))]
    # an option that must be known: hop-by-hop is looked at by every router
    p += [('eth1', with_headers([(HBH, bytes([kind, 4, 0, 0, 0, 0]))], inner[1])) for kind in (0x1e, 0x3e)]
    return p


def fragments():
    whole = udp(A, B, 1, 53, b'x' * 48)[40:]
    def piece(at, end, ident, more=None, proto=17):
        flags = at | (1 if (end < len(whole) if more is None else more) else 0)
        kind, body = chain([(FRAG, (flags, ident))], proto, whole[at:end])
        return 'eth1', packet(A, B, kind, body)
    p = [piece(0, 24, 1), piece(24, 56, 1), piece(24, 56, 2), piece(0, 24, 2), piece(0, 24, 3), piece(16, 56, 3), piece(0, 24, 3), piece(0, 23, 4), piece(0, 24, 5), piece(0, 24, 5), piece(24, 56, 5)]
    p += [piece(0, 56, 6), piece(0, 8, 7), piece(8, 16, 7), piece(16, 24, 7), piece(24, 56, 7), piece(32, 56, 8, more=False), piece(0, 40, 8), piece(0, 0, 9), piece(24, 24, 10, more=False)]
    small = tcp(A, B, 1, 80, SYN)[40:]
    for at, end in ((0, 8), (8, 20)):
        kind, body = chain([(FRAG, (at | (end < 20), 11))], 6, small[at:end])
        p.append(('eth1', packet(A, B, kind, body)))
    p += [(d, packet(a, b, *chain([(FRAG, (flags, 12))], 17, whole[s]))) for d, a, b in (('eth1', A, B),) for flags, s in ((1, slice(0, 24)), (24, slice(24, 56)))]
    return p


def fragments4():
    whole = udp(A4, B4, 1, 53, b'x' * 100)[20:]
    piece = lambda at, end, ident, more=None, options=b'': ('eth1', packet(A4, B4, 17, whole[at:end], frag=at // 8 | (0x2000 if (end < len(whole) if more is None else more) else 0), ident=ident, options=options))
    p = [piece(0, 48, 1), piece(48, 108, 1), piece(48, 108, 2), piece(0, 48, 2), piece(0, 48, 3), piece(40, 108, 3), piece(0, 48, 3), piece(0, 47, 4), piece(0, 48, 5), piece(0, 48, 5), piece(48, 108, 5), piece(48, 48, 6, more=False)]
    p += [piece(0, 8, 7), piece(8, 16, 7), piece(16, 108, 7), piece(0, 48, 8, options=b'\x94\4\0\0'), piece(48, 108, 8)]
    p += [('eth1', packet(A4, B4, 6, tcp(A4, B4, 1, 80, SYN)[20:], options=o)) for o in (b'\x94\4\0\0', b'\1\1\1\0', b'\x83\3\4\0', b'\x89\7\4' + b'\0' * 5, b'\7\7\4\0\0\0\0\0', b'\x44\x0c\5\0' + bytes(8), b'\x44\2\0\0', b'\7\2\0\0', b'\x99\0\0\0', b'\x99\x30\0\0')]
    p += [('eth1', packet(A4, B4, 6, tcp(A4, B4, 1, 80, SYN)[20:], frag=1, ident=20)), ('eth1', packet(A4, B4, 6, tcp(A4, B4, 1, 80, SYN)[20:28], frag=0x2000, ident=21)), ('eth1', packet(A4, B4, 6, tcp(A4, B4, 1, 80, SYN)[28:], frag=1, ident=21))]
    return p


def cases():
    for tracking in (False, True):
        rules, rules4 = (r.replace('TRACKING\n', TRACKING + '\n' if tracking else '') for r in (RULES, RULES4))
        word = 'tracked' if tracking else 'untracked'
        yield Case(f'extension headers, {word}', rules, headers(), True)
        yield Case(f'fragments, {word}, IPv6', rules, fragments(), True)
        yield Case(f'fragments, {word}, IPv4', rules4, fragments4())
