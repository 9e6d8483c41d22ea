# SPDX-License-Identifier: GPL-2.0-or-later
"""Which options of which extensions the cases use, and how: rules are read as iptables reads them, by the
descriptors' own list (tests/unit/list_options)."""
import itertools, re
from collections import namedtuple

Option = namedtuple('Option', 'kind ext families name main invert value support')
Use = namedtuple('Use', 'option negated')


def options(listing):
    """[Option]; name is '' for an extension without options."""
    rows = [l.split('\t') for l in listing.splitlines()]
    return [Option(*r[:5], r[5] == '1', r[6] == '1', r[7]) for r in rows]


def words(line):
    """A rule's words; quotes and backslashes as in iptables-restore."""
    out, word, quote, escaped, begun = [], '', '', False, False
    for c in line:
        if escaped:
            word, escaped = word + c, False
        elif quote and c == '\\':
            escaped = True
        elif quote:
            quote, word = ('', word) if c == quote else (quote, word + c)
        elif c in '"\'':
            quote, begun = c, True
        elif c in ' \t':
            if word or begun:
                out.append(word)
            word, begun = '', False
        else:
            word += c
    return out + [word] if word or begun else out


# Protocols whose match is there without -m.
IMPLICIT = {'6': 'tcp', 'tcp': 'tcp', '17': 'udp', 'udp': 'udp', 'icmp': 'icmp', '1': 'icmp', 'icmpv6': 'icmp6', 'ipv6-icmp': 'icmp6', '58': 'icmp6',
            'sctp': 'sctp', '132': 'sctp', 'dccp': 'dccp', '33': 'dccp', 'ah': 'ah', '51': 'ah', 'esp': 'esp', '50': 'esp', 'udplite': 'udplite',
            '136': 'udplite', 'ipcomp': 'ipcomp', '108': 'ipcomp', 'mh': 'mh', 'ipv6-mh': 'mh', 'mobility-header': 'mh', '135': 'mh'}
ALIASES = {'icmpv6': 'icmp6', 'ipv6-icmp': 'icmp6', 'mobility-header': 'mh', 'ipv6-mh': 'mh'}


class Reader:
    def __init__(self, all_options):
        self.table = {}
        for o in all_options:
            for family in o.families:
                self.table.setdefault((o.kind, o.ext, family), {})[o.name] = o

    def uses(self, line, family):
        """Every option of an extension in a rule, in order."""
        found, loaded, negate, w = [], [], False, words(line)

        def load(kind, name):
            key = kind, ALIASES.get(name, name), family
            if key in self.table:
                loaded.append(self.table[key])
                if '' in self.table[key]:
                    found.append(Use(self.table[key][''], False))
        for i, word in enumerate(w):
            after = w[i + 1] if i + 1 < len(w) else ''
            name = word[2:].split('=')[0] if word.startswith('--') else ''
            if word in ('-m', '--match'):
                load('match', after)
            elif word in ('-j', '--jump', '-g', '--goto'):
                load('target', after)
            elif word in ('-p', '--protocol') and after != '!':
                loaded.insert(0, self.table.get(('match', IMPLICIT.get(after.lower()), family), {}))
            elif name:
                where = next((t for t in reversed(loaded) if name in t), None)
                if where:
                    found.append(Use(where[name], negate or after == '!'))
            negate = word == '!'
        return found


class Rule:
    def __init__(self, number, line, table, chain, first, copies, uses):
        self.number, self.line, self.table, self.chain, self.uses = number, line, table, chain, uses
        self.places = [f'{table}:{chain}:{i}' for i in range(first, first + copies)]


def family_of(case):
    arg = (case.first('rules')[1].split() or [''])[0]
    args = (case.first('args') or ['', ''])[1].split()
    if arg in ('v4', 'v6'):
        return arg[1]
    return next((a[1] for a in args if a in ('-4', '-6')), '6' if 'table ip6' in (case.first('nft') or [0, 0, ''])[2] else '4')


def rules(case, reader):
    """The case's rules that are appended, with their places as TRACE tells them; [] where rules move."""
    out, table, count, family = [], '', {}, family_of(case)
    for number, line in enumerate(case.first('rules')[2].split('\n'), 1):
        if line.startswith('*'):
            table, count = line[1:].strip(), {}
        m = re.match(r'(?:\[[\d:]+\] *)?-([A-Z]) (\S+)(.*)', line)
        if not m:
            continue
        if m.group(1) in 'IDRE':
            return []
        if m.group(1) != 'A':
            continue
        chain, w = m.group(2).strip('"'), words(m.group(3))
        copies = 1
        for a, b in itertools.pairwise(w):
            if a in ('-s', '-d', '--source', '--destination', '--src', '--dst'):
                copies *= len([x for x in b.split(',') if x.strip()]) or 1
        first = count.get(chain, 0) + 1
        count[chain] = first + copies - 1
        out.append(Rule(number, line, table, chain, first, copies, reader.uses(m.group(3), family)))
    return out


def reported(case):
    """Numbers of the lines of the ruleset that have an error; those that only text has no form for."""
    errors = re.findall(r'^rules[^:\n]*:(\d+):\d+: error: (.*)', (case.first('stderr') or [0, 0, ''])[2], re.M)
    wrong = {int(n) for n, said in errors if not said.endswith('; --apply can carry it')}
    return wrong, {int(n) for n, said in errors} - wrong


def simulated(case):
    """Places that a packet hit, and places that one missed, by the expected trace."""
    hit, missed = set(), set()
    per_packet = {}
    for m in re.finditer(r'^\[(\d+)\] TRACE: ([^:]+):(.+):(rule|return|policy):(\d+) ', (case.first('trace') or [0, 0, ''])[2], re.M):
        per_packet.setdefault(m.group(1), []).append((f'{m.group(2)}:{m.group(3)}', m.group(4), int(m.group(5))))
    for events in per_packet.values():
        here = {f'{chain}:{n}' for chain, kind, n in events if kind == 'rule'}
        hit |= here
        for chain, kind, n in events:
            missed |= {f'{chain}:{i}' for i in range(1, n)} - here
    return hit, missed


def kernel(case, all_places):
    """Places that packets hit in the kernel, and places that they missed, as the section promises."""
    section = case.first('kernel')
    if not section:
        return set(), set()
    want = dict(re.findall(r'(\w+)=(\S+)', section[1]))
    hit = all_places - set(want.get('unhit', '').split(',')) if int(want.get('hit', 1)) else set()
    missed = all_places - set(want.get('unmissed', '').split(',')) if int(want.get('miss', 1)) else set()
    return hit, missed
