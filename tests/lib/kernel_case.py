# SPDX-License-Identifier: GPL-2.0-or-later
"""A case's ruleset under packets: legacy iptables in one namespace, ours in another."""
import json, os, re, shlex, tempfile
from netns import Namespace, in_child, shell, unavailable
from packets import Plan

__all__ = ['check', 'compare', 'unavailable']


def legacy_counters(v6):
    """Packets per rule, in order: [(chain, packets)]; and per chain the most that any rule could see."""
    rules = []
    for line in shell(f'ip{"6" if v6 else ""}tables-legacy-save -c').splitlines():
        m = re.match(r'\[(\d+):\d+\] -A (\S+) ', line)
        if m:
            rules.append((m.group(2), int(m.group(1))))
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
    """Differences in what becomes of n packets; (list of texts, legacy's rule counters)."""
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
    return len(differ), texts, legacy['counters'], sum(map(len, legacy['events']))


def check(program, case, lay_out):
    """None, or what is wrong. Every rule must be hit and missed as often as the section wants."""
    want = dict(re.findall(r'(\w+)=(\d+)', case.first('kernel')[1]))
    n, seed = int(want.get('n', 150)), int(want.get('seed', 1))
    with tempfile.TemporaryDirectory() as where:
        args, name = lay_out(case, where)
        path, v6 = os.path.join(where, name), case.first('rules')[1].startswith('v6')
        setup = ''.join(f'{line}; ' for line in case.first('kernel')[2].splitlines() if line)
        command = shlex.join([program, *args])
        problems = []
        # The suite parity shows that --apply leaves the same rules.
        try:
            differ, texts, counters, seen = compare(path, v6, f'{command} {{}} | nft -f -', n, seed, f'cd {where}; {setup}')
        except RuntimeError as e:
            return str(e)
        if differ:
            problems.append(f'{differ} of {n} packets differ\n' + '\n'.join(texts))
        most = {}
        for chain, packets in counters:
            most[chain] = max(most.get(chain, 0), packets)
        hits = [packets for chain, packets in counters]
        if hits and min(hits) < int(want.get('hit', 1)):
            problems.append(f'a rule is hit only {min(hits)} times of {n} packets: {hits}')
        if hits and n - max(hits) < int(want.get('miss', 1)):
            problems.append(f'a rule is missed only {n - max(hits)} times of {n} packets: {hits}')
        if not seen:
            problems.append('nothing was observed')
        return '\n'.join(problems) or None
