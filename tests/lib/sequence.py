# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets in time, past rules that remember: through legacy iptables, through ours, and as --explain tells it.

A sequence's rules stand in INPUT, one a line. A rule without target logs its number; which numbers each packet
makes appear must be the same three times over."""
import os, re, shlex, subprocess, tempfile, time
from types import SimpleNamespace
from netns import Namespace, in_child, shell
from packets import packet, transport

LOCAL = {False: '10.213.0.1', True: '2001:db8:99::1'}
PLACES = {False: [(LOCAL[False], 24, 'eth0'), ('10.213.1.1', 24, 'eth1')], True: [(LOCAL[True], 64, 'eth0'), ('2001:db8:99:1::1', 64, 'eth1')]}


def udp(src, sport=1000, dport=2000, size=0, **more):
    return dict(more, src=src, proto=17, sport=sport, dport=dport, size=size)


def tcp(src, sport=1000, dport=2000, flags=2, **more):
    return dict(more, src=src, proto=6, sport=sport, dport=dport, flags=flags)


def ping(src, number=1, **more):
    return dict(more, src=src, proto=0, sport=number)


class Sequence:
    """steps: packets (made by the functions above, with dst, dev, mac, ttl; or {'raw': bytes}) and waits in seconds.
    sets: for `ipset restore`. idle: numbers of rules that need not be hit and missed."""

    def __init__(self, name, rules, steps, v6=False, sets='', table='filter', explain=True, idle=()):
        self.name, self.steps, self.v6, self.sets, self.explain, self.idle = name + (', IPv6' if v6 else ''), steps, v6, sets, explain, idle
        self.rules = rules.strip().splitlines()
        lines = [f'-A INPUT {r}' + ('' if ' -j ' in f' {r}' else f' -j NFLOG --nflog-prefix "{n}"') for n, r in enumerate(self.rules, 1)]
        self.text = f'*{table}\n:INPUT ACCEPT [0:0]\n' + '\n'.join(lines) + '\nCOMMIT\n'
        self.packets = [self.made(s) for s in steps if isinstance(s, dict)]

    def made(self, s):
        if 'raw' in s:
            return {'out': False, 'dev': 'eth0', 'src': None, 'dst': None, 'mark': 0, 'uid': 0, 'mac': '02:00:00:00:00:07', 'cast': 0, 'data': s['raw']}
        dst = s.get('dst', LOCAL[self.v6])
        icmp = 58 if self.v6 else 1
        proto = s['proto'] or icmp
        body = transport(s['src'], dst, proto, s['sport'], s.get('dport', 0), s.get('flags', 2), (128 if self.v6 else 8, 0), bytes(max(0, s.get('size', 0) - (48 if self.v6 else 28))))
        return {'out': False, 'dev': s.get('dev', 'eth0'), 'src': s['src'], 'dst': dst, 'mark': 0, 'uid': 0, 'mac': s.get('mac', '02:00:00:00:00:07'), 'cast': 0,
                'data': packet(s['src'], dst, proto, body, ttl=s.get('ttl', 64))}

    def walk(self, loader):
        """In a child: the numbers that each packet logs, in the kernel."""
        ns = Namespace(SimpleNamespace(v6=self.v6, c=SimpleNamespace(interfaces=['eth0', 'eth1']), local=PLACES[self.v6], routes=[]))
        ns.observe()
        shell(loader)
        ns.seen()
        seen, packets, due = [], iter(self.packets), time.monotonic()
        for s in self.steps:
            if isinstance(s, dict):
                ns.send(next(packets))
                seen.append([e[1] for e in ns.seen() if e[0] == 'log'])
            else:
                due = max(due + s, time.monotonic() + s - .15)
                time.sleep(max(0, due - time.monotonic()))
        return seen

    def spec(self):
        lines, packets = [f'interface {dev} {a}/{n}' for a, n, dev in PLACES[self.v6]], iter(self.packets)
        for s in self.steps:
            if isinstance(s, dict):
                p = next(packets)
                lines.append(f'packet in={p["dev"]} smac={p["mac"]} raw={p["data"].hex()}')
            else:
                lines.append(f'wait {int(s * 1000)}ms')
        return '\n'.join(lines) + '\n'

    def explained(self, command, where):
        with open(f'{where}/packet.spec', 'w') as f:
            f.write(self.spec())
        r = subprocess.run(shlex.split(command) + ['--explain', 'packet.spec', '--format=trace', 'rules'], cwd=where, capture_output=True, text=True, timeout=60)
        if r.returncode not in (0, 3):
            raise RuntimeError(r.stderr[:500])
        seen = [[] for _ in self.packets]
        for n, rule in re.findall(r'^\[(\d+)\] TRACE: \w+:INPUT:rule:(\d+) ', r.stdout, re.M):
            if ' -j ' not in ' ' + self.rules[int(rule) - 1]:
                seen[int(n) - 1].append(rule)
        return seen

    def known(self):
        """Does this kernel have the types of the sets?"""
        return not self.sets or not subprocess.run(['unshare', '-n', 'ipset', 'restore'], input=self.sets, capture_output=True, text=True).returncode

    def check(self, program):
        """None, or what is wrong."""
        with tempfile.TemporaryDirectory() as where:
            for name, text in (('rules', self.text), ('sets', self.sets)):
                with open(f'{where}/{name}', 'w') as f:
                    f.write(text)
            tool = f'ip{"6" if self.v6 else ""}tables-legacy-restore'
            command = f'{program} -{6 if self.v6 else 4}' + (' --ipset sets.save' if self.sets else '')
            legacy = f'cd {where} && ' + ('ipset restore < sets && ' if self.sets else '') + f'{tool} < rules'
            # What ours gets is what a real ipset says of its sets.
            ours = f'cd {where} && ' + ('ipset restore < sets && ipset save > sets.save && ipset flush && ipset destroy && ' if self.sets else '') + f'{command} rules 2> said | nft -f - || {{ cat said >&2; false; }}'
            wrong = None
            if not self.known():  # then what ours does is what is told of it, at least
                here = in_child(self.walk, f'cd {where} && cp sets sets.save && {command} rules | nft -f -')
                return self.difference(here, self.explained(command, where), 'ours', 'explain')
            for _ in range(3):  # a machine that is busy may come too late
                there, here = in_child(self.walk, legacy), in_child(self.walk, ours)
                wrong = self.difference(there, here, 'legacy', 'ours')
                if not wrong:
                    break
            if wrong:
                return wrong
            if self.explain:
                wrong = self.difference(there, self.explained(command, where), 'legacy', 'explain')
        for n, r in enumerate(self.rules, 1):
            hits = sum(str(n) in e for e in there)
            if ' -j ' not in f' {r}' and n not in self.idle and not 0 < hits < len(there):
                wrong = (wrong or '') + f'rule {n} is hit by {hits} of {len(there)} packets\n'
        return wrong

    def difference(self, a, b, one, other):
        bad = [i for i, (x, y) in enumerate(zip(a, b)) if x != y]
        return ''.join(f'packet {i + 1}: {one} {" ".join(a[i]) or "-"}, {other} {" ".join(b[i]) or "-"}\n' for i in bad[:6]) + f'  {one}: {a}\n  {other}: {b}\n' if bad else None
