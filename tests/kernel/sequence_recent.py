# SPDX-License-Identifier: GPL-2.0-or-later
"""recent: lists over packets and time."""
from sequence import Sequence, tcp, udp

A, B, C = '10.213.0.10', '10.213.0.11', '10.213.0.200'
A6, B6, C6 = '2001:db8:99::10', '2001:db8:99::11', '2001:db8:99::1:200'


def lists(v6):
    a, b, c = (A6, B6, C6) if v6 else (A, B, C)
    mask = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ff00' if v6 else '255.255.255.248'
    yield Sequence('recent: seen within two seconds, with and without renewal', '''
-p udp -m recent --rcheck --seconds 2 --name check
-p udp -m recent --update --seconds 2 --name update
-p udp -m recent ! --rcheck --name check
-p tcp -m recent --set --name check
-p tcp -m recent --set --name update''', [udp(a), tcp(a), udp(a), udp(b), 1.2, udp(a), tcp(b), 1.4, udp(a), udp(b), 2.6, udp(a), udp(b)], v6)
    yield Sequence('recent: so many times', '''
-p udp -m recent --rcheck --seconds 6 --hitcount 3 --name hits
-p udp -m recent --update --seconds 2 --hitcount 2 --name twice
-m recent --set --name hits
-p udp -m recent --set --name twice''', [udp(a)] * 4 + [udp(b), 1.0, udp(b), udp(a), 2.6, udp(a), udp(b), udp(b)], v6, idle=(3, 4))
    yield Sequence('recent: a ring that begins anew while its old place is known', '''
-p udp -m recent --rcheck --seconds 2 --hitcount 3 --name ring
-p udp -m recent --set --name ring''', [udp(a)] * 2 + [udp(b)] + [2.4] + [udp(a), udp(b)] * 4 + [.8] + [udp(a), udp(b)] + [2.5] + [udp(a), udp(b)] * 5, v6, idle=(2,))
    yield Sequence('recent: removed', '''
-p udp -m recent --rcheck --name list
-p tcp -m recent --remove --name list
-p udp -m recent --set --name list''', [udp(a), udp(a), udp(b), tcp(a), tcp(a), udp(a), udp(b), tcp(c)], v6, idle=(3,))
    yield Sequence('recent: networks, destinations, the TTL', f'''
-p udp -m recent --rcheck --seconds 60 --name net --mask {mask} --rsource
-p udp -m recent --rcheck --seconds 60 --name to --rdest
-p udp -m recent --rcheck --seconds 60 --rttl --name ttl
-p udp -m recent --set --name net --mask {mask} --rsource
-p tcp -m recent --set --name to --rdest
-p tcp -m recent --set --name ttl''', [udp(a), udp(b), udp(c), tcp(a), udp(a), udp(a, ttl=63), tcp(a, ttl=63), udp(a), udp(a, ttl=63), udp(c, dst='2001:db8:99:1::1' if v6 else '10.213.1.1')], v6)
    yield Sequence('recent: reaped', '''
-p udp -m recent --update --seconds 2 --reap --hitcount 2 --name old
-p udp -m recent --set --name old''', [udp(a), udp(a), udp(a), 2.7, udp(a), udp(a), udp(b)], v6, idle=(2,))


CASES = [s for v6 in (False, True) for s in lists(v6)]
