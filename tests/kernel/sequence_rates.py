# SPDX-License-Identifier: GPL-2.0-or-later
"""limit, hashlimit, quota, statistic, connbytes, connlimit: rules that remember, over packets and time."""
from sequence import LOCAL, Sequence, ping, tcp, udp

A, B, C = '10.213.0.10', '10.213.0.11', '10.213.0.200'
A6, B6, C6 = '2001:db8:99::10', '2001:db8:99::11', '2001:db8:99::1:200'


def limits(v6):
    a = A6 if v6 else A
    return Sequence('limit: a bucket of three that gets one a second, and others', '''
-p udp -m limit --limit 1/sec --limit-burst 3
-p tcp -m limit --limit 6/minute --limit-burst 1
-p tcp -m limit --limit 100/hour --limit-burst 2
-m limit --limit 3/day --limit-burst 4''', [udp(a)] * 5 + [tcp(a)] * 3 + [1.5] + [udp(a)] * 3 + [2.0] + [udp(a)] * 4 + [tcp(a)], v6)


def hashlimits(v6):
    a, b, c = (A6, B6, C6) if v6 else (A, B, C)
    other = '2001:db8:99:1::1' if v6 else '10.213.1.1'
    modes = ('srcip', 'dstip', 'srcport', 'dstport', 'srcip,dstport', 'srcip,srcport,dstip,dstport', '')
    rules = '\n'.join(f'-p udp -m hashlimit --hashlimit-upto 2/hour --hashlimit-burst 2 --hashlimit-name m{i}' + (f' --hashlimit-mode {m}' if m else '') for i, m in enumerate(modes))
    some = [udp(a), udp(a), udp(b), udp(a, 1001), udp(a, 1000, 2001), udp(b, 1001, 2001), udp(c, dst=other), udp(a, dst=other), udp(a), udp(b), udp(c, 5, 6), udp(a, 7, 8)]
    yield Sequence('hashlimit: what the buckets are for', rules, some + some, v6)
    yield Sequence('hashlimit: units', '''
-p udp -m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name s
-p udp -m hashlimit --hashlimit-upto 60/min --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name m
-p udp -m hashlimit --hashlimit-above 3600/hour --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name h
-p udp -m hashlimit ! --hashlimit-upto 86400/day --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-name d''',
                   [udp(a), udp(a), udp(b), udp(a), udp(a), 1.5, udp(a), udp(a), udp(b), udp(b), udp(b)], v6)
    mask = 120 if v6 else 29
    yield Sequence('hashlimit: networks, and entries that are forgotten', f'''
-p udp -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 2 --hashlimit-mode srcip --hashlimit-srcmask {mask} --hashlimit-name n
-p tcp -m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-htable-expire 1000 --hashlimit-name e''',
                   [udp(a), udp(b), udp(a), udp(c), udp(c), udp(c), tcp(a), tcp(a), tcp(b), 2.6, tcp(a), tcp(a), tcp(b)], v6)


def counts(v6):
    a, b, c = (A6, B6, C6) if v6 else (A, B, C)
    yield Sequence('quota: until so many bytes', '''
-p udp -m quota --quota 300
-p udp -m quota ! --quota 250
-p tcp -m quota --quota 0''', [udp(a, size=100)] * 5 + [tcp(a)], v6, idle=(3,))
    yield Sequence('statistic: by turns', '''
-m statistic --mode nth --every 3 --packet 0
-m statistic --mode nth --every 3 --packet 2
-p udp -m statistic --mode nth ! --every 4 --packet 1
-m statistic --mode nth --every 2 --packet 0''', [udp(a), tcp(a), udp(a), udp(a), tcp(b), udp(a), udp(b), udp(a), udp(a)], v6)
    yield Sequence('connbytes: a connection that is answered', '''
-m connbytes --connbytes 3: --connbytes-dir original --connbytes-mode packets
-m connbytes --connbytes 2:4 --connbytes-dir reply --connbytes-mode packets
-m connbytes --connbytes 6: --connbytes-dir both --connbytes-mode packets
-m connbytes --connbytes 300: --connbytes-dir original --connbytes-mode bytes
-m connbytes ! --connbytes 0:200 --connbytes-dir both --connbytes-mode bytes
-m connbytes --connbytes 90:1500 --connbytes-dir original --connbytes-mode avgpkt
-m connbytes ! --connbytes 1:50 --connbytes-dir both --connbytes-mode avgpkt''',
                   [ping(a, 1, size=60)] * 3 + [ping(b, 2, size=100)] * 6 + [ping(a, 1, size=600)] * 3, v6, idle=(7,))
    mask = 120 if v6 else 29
    yield Sequence('connlimit: connections of an address, of a network, of all, to an address', f'''
-p udp -m connlimit --connlimit-above 2
-p udp -m connlimit --connlimit-upto 3 --connlimit-mask {mask}
-p udp -m connlimit --connlimit-above 5 --connlimit-mask 0
-p udp -m connlimit --connlimit-above 4 --connlimit-daddr''',
                   [udp(a, 1), udp(a, 2), udp(a, 2), udp(b, 1), udp(a, 3), udp(c, 1), udp(c, 2, dst='2001:db8:99:1::1' if v6 else '10.213.1.1'), udp(b, 2), udp(a, 1)], v6)


CASES = [s for v6 in (False, True) for s in (limits(v6), *hashlimits(v6), *counts(v6))]
