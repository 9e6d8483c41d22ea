# SPDX-License-Identifier: GPL-2.0-or-later
"""A case's ruleset under packets: legacy iptables in one namespace, ours in another."""
import json, os, re, shlex, tempfile
from netns import Namespace, in_child, shell, unavailable
from packets import Plan

__all__ = ['check', 'compare', 'unavailable']


def legacy_counters(v6):
    """Packets per rule: [('table:chain:number', packets)]."""
    rules, table, number = [], '', {}
    for line in shell(f'ip{"6" if v6 else ""}tables-legacy-save -c').splitlines():
        if line.startswith('*'):
            table = line[1:]
        m = re.match(r'\[(\d+):\d+\] -A (\S+) ', line)
        if m:
            chain = f'{table}:{m.group(2)}'.replace('"', '')
            number[chain] = number.get(chain, 0) + 1
            rules.append((f'{chain}:{number[chain]}', int(m.group(1))))
    return rules


def run(path, v6, loader, plan, count):
    ns = Namespace(plan)
    ns.observe()
    shell(loader.replace('{}', shlex.quote(path)))
    ns.seen()
    events = []
    for p in plan.packets:
        ns.send(p)
        events.append(ns.seen())
    return {'events': events, 'counters': legacy_counters(v6) if count else []}


def compare(path, v6, loader, n, seed, setup=''):
    """Differences in what becomes of n packets; (number, texts, legacy's rule counters, events seen, packets sent)."""
    plan = Plan(open(path, errors='replace').read(), v6, n, seed)
    reference = f'{setup} ip{"6" if v6 else ""}tables-legacy-restore < {{}}'
    legacy = in_child(run, path, v6, reference, plan, True)
    ours = in_child(run, path, v6, f'{setup} {loader}', plan, False)
    differ = [i for i, (a, b) in enumerate(zip(legacy['events'], ours['events'])) if a != b]
    for _ in range(2):  # what is random in legacy itself is no difference, nor what is chance in ours
        if not differ:
            break
        again = in_child(run, path, v6, reference, plan, True)['events']
        other = in_child(run, path, v6, f'{setup} {loader}', plan, False)['events']
        differ = [i for i in differ if legacy['events'][i] == again[i] != other[i]]
    texts = []
    for i in differ[:3]:
        p = plan.packets[i]
        texts.append(f'packet {i} {"out" if p["out"] else "in=" + p["dev"]} mark={p["mark"]} {p["data"].hex()}\n   legacy: {legacy["events"][i]}\n   ours:   {ours["events"][i]}')
    return len(differ), texts, legacy['counters'], sum(map(len, legacy['events'])), len(plan.packets)


def judge(counters, want, n):
    """Rules that the packets hit or miss too rarely, but for those of which the section says so."""
    problems, least = [], {'unhit': int(want.get('hit', 1)), 'unmissed': int(want.get('miss', 1))}
    times = {'unhit': lambda packets: packets, 'unmissed': lambda packets: n - packets}
    for what, verb in (('unhit', 'hit'), ('unmissed', 'missed')):
        known = set(filter(None, want.get(what, '').split(',')))
        few = [f'{place} ({times[what](packets)})' for place, packets in counters if times[what](packets) < least[what] and place not in known]
        gone = known - {place for place, _ in counters}
        problems += [f'{verb} too rarely by {n} packets: ' + ', '.join(few)] * bool(few) + [f'{what}= tells of no rule: ' + ', '.join(sorted(gone))] * bool(gone)
    return problems


def note(section, counters, want, n):
    """Write down in the section which rules the packets did not hit or miss."""
    want = {'hit': '1', 'miss': '1', **{k: v for k, v in want.items() if k not in ('hit', 'miss', 'unhit', 'unmissed')}}
    for what, places in (('unhit', [p for p, packets in counters if not packets]), ('unmissed', [p for p, packets in counters if packets >= n])):
        want.update({what: ','.join(places)} if places else {})
    section[1] = ' '.join(f'{k}={v}' for k, v in want.items())


def check(program, case, lay_out, regen=False):
    """None, or what is wrong. Every rule must be hit and missed as often as the section wants."""
    section = case.first('kernel')
    want = dict(re.findall(r'(\w+)=(\S+)', section[1]))
    n, seed = int(want.get('n', 150)), int(want.get('seed', 1))
    with tempfile.TemporaryDirectory() as where:
        args, name = lay_out(case, where)
        path, v6 = os.path.join(where, name), case.first('rules')[1].startswith('v6')
        setup = ''.join(f'{line}; ' for line in section[2].splitlines() if line)
        command = shlex.join([program, *args])
        # The suite parity shows that --apply leaves the same rules.
        loader = f'{command} --apply {{}}' if want.get('apply') == '1' else f'{command} {{}} | nft -f -'
        try:
            differ, texts, counters, seen, n = compare(path, v6, loader, n, seed, f'cd {where} && set -e; {setup}')
        except RuntimeError as e:
            return str(e)
    problems = [f'{differ} of {n} packets differ\n' + '\n'.join(texts)] * bool(differ)
    if regen:
        note(section, counters, want, n)
        case.write()
    else:
        problems += judge(counters, want, n)
    if not seen:
        problems.append('nothing was observed')
    return '\n'.join(problems) or None
