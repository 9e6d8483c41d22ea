# SPDX-License-Identifier: GPL-2.0-or-later
"""ipsets: each type as a real ipset saves it, the same packets past `-m set` and `-j SET`, both directions."""
from sequence import LOCAL, Sequence, ping, tcp, udp

MAC, OTHER_MAC = '02:00:00:00:00:07', '02:00:00:00:00:99'


def packets(v6):
    a, b, c, local, second = names(v6)
    return [udp(a), udp(a, 2000, 1000), tcp(a, 1000, 22), ping(a), udp(b), tcp(b, 22, 1000), ping(b), udp(c), udp(c, 2000, 7), udp(a, mac=OTHER_MAC), udp(b, dev='eth1'),
            udp(a, dst=second), tcp(c, 5, 22, dst=second), udp(c, dev='eth1', mac=OTHER_MAC)]


def names(v6):
    if v6:
        return '2001:db8:99::10', '2001:db8:99::11', '2001:db8:98::1', LOCAL[True], '2001:db8:99:1::1'
    return '10.213.0.10', '10.213.0.11', '10.212.3.4', LOCAL[False], '10.213.1.1'


def kinds(v6):
    """(type and options, elements, the directions to look up)"""
    a, b, c, local, second = names(v6)
    net, part, far = ('2001:db8:99::/64', '2001:db8:99::10/128', '2001:db8:98::/48') if v6 else ('10.213.0.0/24', '10.213.0.8/30', '10.212.0.0/16')
    echo = 'icmpv6:echo-request' if v6 else 'icmp:echo-request'
    yield 'hash:ip', [a, local], ('src', 'dst')
    yield 'hash:ip netmask ' + ('124' if v6 else '28'), [a, second], ('src', 'dst')
    yield 'hash:ip timeout 300 counters comment', [f'{a} timeout 200', f'{local} timeout 0 comment "the host"'], ('src', 'dst')
    yield 'hash:net', [net, f'{part} nomatch', far], ('src', 'dst')
    yield 'hash:ip,port', [f'{a},udp:2000', f'{a},tcp:22', f'{b},{echo}', f'{local},udp:1000', f'{c},udp:7'], ('src,dst', 'dst,src', 'src,src', 'dst,dst')
    yield 'hash:ip,port,ip', [f'{a},udp:2000,{local}', f'{c},tcp:22,{second}'], ('src,dst,dst', 'dst,src,src')
    yield 'hash:ip,port,net', [f'{a},udp:2000,{net}', f'{c},tcp:22,{second}/{128 if v6 else 32}'], ('src,dst,dst', 'dst,src,src')
    yield 'hash:net,port', [f'{net},udp:2000', f'{far},tcp:22', f'{part},udp:2000 nomatch'], ('src,dst', 'dst,src')
    yield 'hash:net,net', [f'{net},{net}', f'{far},{second}/{128 if v6 else 32}'], ('src,dst', 'dst,src')
    yield 'hash:net,port,net', [f'{net},udp:2000,{net}', f'{far},tcp:22,{second}/{128 if v6 else 32}'], ('src,dst,dst', 'dst,src,src')
    yield 'hash:net,iface', [f'{net},eth0', f'{far},eth1'], ('src,src', 'dst,src')
    yield 'hash:ip,mark', [f'{a},0', f'{local},0x5'], ('src,src', 'dst,dst')
    yield 'hash:ip,mac', [f'{a},{MAC}', f'{b},{OTHER_MAC}'], ('src,src',)
    yield 'hash:mac', [MAC], ('src',)
    yield 'bitmap:port range 0-3000', ['2000', '22'], ('dst', 'src')
    if not v6:
        yield 'bitmap:ip range 10.213.0.0/24', [a, local], ('src', 'dst')
        yield 'bitmap:ip,mac range 10.213.0.0/24', [f'{a},{MAC}', f'{b},{OTHER_MAC}'], ('src,src',)


def create(name, kind, v6):
    family = ' family inet6' if v6 and kind.startswith('hash:') and kind != 'hash:mac' else ''
    return f'create {name} {kind}{family}\n'


def each(v6):
    for kind, elements, directions in kinds(v6):
        rules = '\n'.join([f'-m set --match-set s {d}' for d in directions] + [f'-m set ! --match-set s {directions[0]}'])
        yield Sequence(f'ipset {kind}', rules, packets(v6), v6, create('s', kind, v6) + ''.join(f'add s {e}\n' for e in elements), idle=range(2, 1 + len(directions)))


def others(v6):
    a, b, c, local, second = names(v6)
    net, part = ('2001:db8:99::/64', '2001:db8:99::10/127') if v6 else ('10.213.0.0/24', '10.213.0.10/31')
    far = '2001:db8:98::/48' if v6 else '10.212.0.0/16'
    yield Sequence('ipset list:set, and what networks except', '''
-m set --match-set all src
-m set --match-set all dst
-m set ! --match-set all src
-m set --match-set nets src --return-nomatch
-m set ! --match-set nets src --return-nomatch
-m set --match-set nets dst''', packets(v6), v6, create('hosts', 'hash:ip', v6) + f'add hosts {c}\n' + create('nets', 'hash:net', v6) + f'add nets {net}\nadd nets {part} nomatch\n'
                   'create all list:set size 8\nadd all hosts\nadd all nets\n')
    yield Sequence('ipset elements that expire', '''
-m set --match-set s src
-m set ! --match-set s src''', [udp(a), udp(b), udp(c), 3.6, udp(a), udp(b), udp(c)], v6, create('s', 'hash:ip timeout 2', v6) + f'add s {a}\nadd s {b} timeout 100\n')
    yield Sequence('ipset counters', '''
-p udp -m set --match-set s src --packets-gt 2
-p udp -m set --match-set s src --packets-lt 3 ! --update-counters
-p tcp -m set --match-set s src --packets-eq 6''', [udp(a), udp(a), udp(b), udp(a), tcp(a), udp(b), tcp(a), udp(c), udp(a), tcp(a), tcp(b)], v6,
                   create('s', 'hash:ip counters', v6) + f'add s {a}\nadd s {b} packets 2 bytes 100\n', idle=(3,))
    yield Sequence('SET: added, deleted, renewed, forgotten', f'''
-m set --match-set s src
-p tcp -j SET --add-set s src --timeout 2
-p {"ipv6-icmp" if v6 else "icmp"} -j SET --del-set s src
-p udp -m udp --dport 7 -j SET --add-set s src --exist --timeout 30
-m set ! --match-set s src''', [udp(a), tcp(a), udp(a), ping(a), udp(a), tcp(b), 1.0, udp(b), tcp(b), 1.8, udp(b), tcp(c), udp(c, 1, 7), 3.0, udp(c), udp(a, 1, 7), udp(a)], v6,
                   create('s', 'hash:ip timeout 600', v6))
    yield Sequence('SET: an address with a port', '''
-m set --match-set s src,dst
-p tcp -j SET --add-set s src,dst
-p udp -m udp --sport 9 -j SET --del-set s src,dst''', [tcp(a, 1, 22), tcp(a, 2, 22), tcp(a, 2, 23), udp(a, 9, 22), tcp(a, 3, 22), udp(a), tcp(b, 3, 22)], v6, create('s', 'hash:ip,port', v6))


CASES = [s for v6 in (False, True) for s in (*each(v6), *others(v6))]
