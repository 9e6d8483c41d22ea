# SPDX-License-Identifier: GPL-2.0-or-later
"""A network namespace of our own with TAP interfaces, and an observer at all five hooks."""
import ctypes, fcntl, json, os, select, socket, struct, subprocess

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 0x0002, 0x1000
GROUP_HOOKS, GROUP_LOGS = 99, 0
HOOKS = ('prerouting', 'input', 'forward', 'output', 'postrouting')
OBSERVER = 'table inet observer {\n' + ''.join(
    f'chain {h} {{ type filter hook {h} priority 30000; log group {GROUP_HOOKS} prefix "{h}"; }}\n' for h in HOOKS) + '}\n'


def unavailable():
    """Why kernel tests can't run here, or None."""
    if os.geteuid():
        return 'not root'
    if not os.path.exists('/dev/net/tun'):
        return 'no /dev/net/tun'
    for tool in ('nft', 'ip', 'iptables-legacy-restore', 'ip6tables-legacy-restore'):
        if subprocess.run(['sh', '-c', f'command -v {tool}'], capture_output=True).returncode:
            return f'{tool} is not installed'
    r = subprocess.run(['unshare', '-n', 'sh', '-c', 'printf "*filter\\nCOMMIT\\n" | iptables-legacy-restore && nft list ruleset'], capture_output=True, text=True)
    return None if r.returncode == 0 else 'no namespaces with legacy iptables and nft: ' + r.stderr.strip().splitlines()[-1][:100] if r.stderr.strip() else 'unshare fails'


def in_child(function, *args):
    """Call in a child process (which may enter a namespace); its JSON-able result."""
    r, w = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(r)
        try:
            result = {'result': function(*args)}
        except BaseException as e:
            result = {'error': f'{type(e).__name__}: {e}'}
        with os.fdopen(w, 'w') as f:
            json.dump(result, f)
        os._exit(0)
    os.close(w)
    with os.fdopen(r) as f:
        text = f.read()
    os.waitpid(pid, 0)
    result = json.loads(text or '{"error": "the child died"}')
    if 'error' in result:
        raise RuntimeError(result['error'])
    return result['result']


def shell(command, **kw):
    r = subprocess.run(['bash', '-o', 'pipefail', '-c', command], capture_output=True, text=True, timeout=120, **kw)
    if r.returncode:
        raise RuntimeError(f'{command}: {r.stderr.strip()[:600]}')
    return r.stdout


def attribute(kind, data):
    return struct.pack('HH', 4 + len(data), kind) + data + bytes(-len(data) % 4)


class Namespace:
    def __init__(self, plan):
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), 'unshare')
        self.v6, self.taps = plan.v6, {}
        for dev in plan.c.interfaces:
            fd = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(fd, TUNSETIFF, struct.pack('16sH22x', dev.encode(), IFF_TAP | IFF_NO_PI))
            self.taps[dev] = fd
        self.sysctls(plan.c.interfaces)
        lines = ['link set lo up'] + [f'link set {d} arp off multicast off up' for d in self.taps]
        lines += [f'addr add {a}/{length} dev {d}' + (' nodad' if self.v6 else '') for a, length, d in plan.local]
        lines += [f'route add default dev {plan.c.interfaces[0]}'] + [f'route replace {net} dev {d}' for net, d in plan.routes]
        subprocess.run(['ip', '-6' if self.v6 else '-4', '-force', '-batch', '-'], input='\n'.join(lines) + '\n', capture_output=True, text=True)
        self.macs = {l['ifname']: bytes.fromhex(l['address'].replace(':', '')) for l in json.loads(shell('ip -j link')) if 'address' in l}
        self.names = {i: n for i, n in socket.if_nameindex()}
        self.raw = {}

    def raw_of(self, uid):
        """A raw socket whose file belongs to this user and group."""
        if uid not in self.raw:
            libc = ctypes.CDLL(None)
            libc.setfsgid(ctypes.c_uint(uid)), libc.setfsuid(ctypes.c_uint(uid))
            s = self.raw[uid] = socket.socket(socket.AF_INET6 if self.v6 else socket.AF_INET, socket.SOCK_RAW, 255)
            libc.setfsuid(0), libc.setfsgid(0)
            s.setsockopt(41 if self.v6 else 0, 36 if self.v6 else 3, 1)
        return self.raw[uid]

    def sysctls(self, devices):
        def put(key, value):
            try:
                with open('/proc/sys/net/' + key, 'w') as f:
                    f.write(value)
            except OSError:
                pass
        for dev in ('all', 'default', *devices):
            for key, value in (('rp_filter', '0'), ('accept_local', '1'), ('route_localnet', '1'), ('send_redirects', '0')):
                put(f'ipv4/conf/{dev}/{key}', value)
            for key, value in (('accept_dad', '0'), ('router_solicitations', '0'), ('addr_gen_mode', '1'), ('forwarding', '1')):
                put(f'ipv6/conf/{dev}/{key}', value)
        for key, value in (('ipv4/ip_forward', '1'), ('ipv6/conf/all/forwarding', '1'), ('ipv4/icmp_ratelimit', '0'), ('ipv6/icmp/ratelimit', '0'),
                           ('ipv4/icmp_msgs_per_sec', '1000000'), ('ipv4/icmp_msgs_burst', '1000000'), ('netfilter/nf_log/2', 'nfnetlink_log'), ('netfilter/nf_log/10', 'nfnetlink_log')):
            put(key, value)

    def observe(self):
        """Load the observer and listen; call before the ruleset is loaded."""
        subprocess.run(['nft', '-f', '-'], input=OBSERVER, text=True, check=True, capture_output=True)
        self.listeners = [self.listen(GROUP_HOOKS), self.listen(GROUP_LOGS)]

    @staticmethod
    def listen(group):
        s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        s.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)
        s.bind((0, 0))
        for attrs in (attribute(1, b'\1'), attribute(2, struct.pack('!IBB', 0xffff, 2, 0)), attribute(5, struct.pack('!I', 1))):
            body = struct.pack('BBH', 0, 0, socket.htons(group)) + attrs
            s.send(struct.pack('IHHII', 16 + len(body), 4 << 8 | 1, 5, 1, 0) + body)
            if struct.unpack_from('i', s.recv(65536), 16)[0]:
                raise OSError('nfnetlink_log refuses the group')
        return s

    def send(self, p):
        try:
            if p['out']:
                raw = self.raw_of(p['uid'])
                raw.setsockopt(socket.SOL_SOCKET, 36, struct.pack('I', p['mark']))
                raw.sendto(p['data'], (p['dst'], 0, 0, 0) if self.v6 else (p['dst'], 0))
            else:
                to = (self.macs[p['dev']], b'\xff' * 6, b'\x01\x00\x5e\0\0\x05')[p['cast']]
                os.write(self.taps[p['dev']], to + bytes.fromhex(p['mac'].replace(':', '')) + (b'\x86\xdd' if self.v6 else b'\x08\0') + p['data'])
        except OSError:
            pass
        for fd in self.taps.values():
            try:
                while os.read(fd, 65536):
                    pass
            except OSError:
                pass

    def seen(self):
        """What the observer and the rules' own logs saw since the last call."""
        events = []
        for tag, s in zip(('hook', 'log'), self.listeners):
            while select.select([s], [], [], 0)[0]:
                events += self.decode(tag, s.recv(1 << 20))
        return events

    def decode(self, tag, data):
        at = 0
        while at + 16 <= len(data):
            length, kind = struct.unpack_from('IH', data, at)
            if length < 16:
                return
            if kind == 4 << 8:
                event, p = {}, at + 20
                while p + 4 <= at + length:
                    size, attr = struct.unpack_from('HH', data, p)
                    event[attr & 0x7fff] = data[p + 4:p + size]
                    p += (size + 3) & ~3
                number = lambda a: struct.unpack('!I', event[a])[0] if a in event else 0
                payload = event.get(9, b'')
                if not self.noise(payload):
                    yield (tag, event.get(10, b'').rstrip(b'\0').decode(errors='replace'), event.get(1, b'\0\0\0')[2], self.names.get(number(4)), self.names.get(number(5)), number(2), self.stable(payload))
            at += (length + 3) & ~3

    def noise(self, b):
        """The kernel's own packets: the other family's, neighbour discovery, multicast listeners."""
        if not b or b[0] >> 4 != (6 if self.v6 else 4):
            return True
        return self.v6 and len(b) > 40 and b[24] == 0xff and b[25] & 15 <= 2 and (b[6] == 0 or (b[6] == 58 and b[40] in (133, 135, 143)))

    def stable(self, b):
        """Without what the kernel chooses itself: identification, checksums, flow label, quoted packets."""
        b = bytearray(b)
        head = 40 if self.v6 else (b[0] & 15) * 4
        proto = b[6] if self.v6 else b[9]
        if self.v6:
            b[1:4] = bytes((b[1] & 0xf0, 0, 0))
        else:
            b[4:6] = b[10:12] = b'\0\0'
        at = {6: 16, 17: 6, 1: 2, 58: 2, 136: 6}.get(proto)
        if at is not None and len(b) >= head + at + 2:
            b[head + at:head + at + 2] = b'\0\0'
        if (proto == 1 and len(b) > head + 8 and b[head] in (3, 5, 11, 12)) or (proto == 58 and len(b) > head and b[head] < 128):
            del b[head + 8:]
        return b.hex()
