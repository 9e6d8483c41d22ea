# SPDX-License-Identifier: GPL-2.0-or-later
"""nf_tables over netlink: send a batch, read everything back; in network namespaces of one's own."""
import ctypes, os, pickle, shutil, socket, struct, subprocess, traceback

CLONE_NEWNET = 0x40000000
# What is dumped: request, and the attributes that say nothing about the ruleset (handles, padding).
DUMPS = {'table': (1, {4, 5}), 'chain': (4, {2, 8}), 'object': (19, {6, 7}), 'set': (10, {14, 16}), 'rule': (7, {3, 6, 8})}
GETSETELEM, ELEMENTS, EXPIRATION = 13, 3, 5


def attributes(data):
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from('HH', data, at)
        if length < 4:
            return
        yield kind & 0x3fff, data[at + 4:at + length]
        at += (length + 3) & ~3


class Kernel:
    def __init__(self):
        self.s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)
        self.s.bind((0, 0))

    def dump(self, request, family, body=b''):
        self.s.send(struct.pack('IHHIIBBH', 20 + len(body), 10 << 8 | request, 0x301, 1, 0, family, 0, 0) + body)
        while True:
            data, at = self.s.recv(1 << 20), 0
            while at + 16 <= len(data):
                length, kind = struct.unpack_from('IH', data, at)
                if kind == 3:
                    return
                if kind == 2:
                    raise OSError(-struct.unpack_from('i', data, at + 16)[0], 'dump')
                yield list(attributes(data[at + 20:at + length]))
                at += (length + 3) & ~3

    def elements(self, family, table, name):
        """In an order of their own: a hash has none, and times go on."""
        body = b''.join(struct.pack('HH', 4 + len(v), k) + v + bytes(-len(v) % 4) for k, v in ((1, table), (2, name)))
        found = []
        for message in self.dump(GETSETELEM, family, body):
            for kind, value in message:
                if kind == ELEMENTS:
                    found += [[a for a in attributes(e) if a[0] != EXPIRATION] for _, e in attributes(value)]
        return sorted(found)

    def everything(self):
        out = {}
        for what, (request, dull) in DUMPS.items():
            out[what] = []
            for family in (2, 10):
                for message in self.dump(request, family):
                    out[what].append((family, [a for a in message if a[0] not in dull]))
        out['elements'] = [(f, dict(m)[1], dict(m)[2], self.elements(f, dict(m)[1], dict(m)[2])) for f, m in out['set']]
        return out


def apart(work):
    """work() in a child process with a network namespace of its own."""
    r, w = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(r)
        try:
            if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), 'unshare')
            subprocess.run(['ip', 'link', 'set', 'lo', 'up'], capture_output=True)
            answer = work()
        except Exception:
            answer = ('failed', traceback.format_exc())
        with os.fdopen(w, 'wb') as f:
            pickle.dump(answer, f)
        os._exit(0)
    os.close(w)
    with os.fdopen(r, 'rb') as f:
        answer = pickle.load(f)
    os.waitpid(pid, 0)
    return answer


def send(batch):
    """A batch to the kernel; what it answers: [(error, number of the message)]."""
    s, errors = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12), []
    s.bind((0, 0))
    s.setsockopt(socket.SOL_SOCKET, 32, len(batch) + 4096)
    s.send(batch)
    s.setblocking(False)
    try:
        while True:
            data = s.recv(1 << 16)
            errors.append((os.strerror(-struct.unpack_from('i', data, 16)[0]), struct.unpack_from('I', data, 28)[0]))
    except BlockingIOError:
        return errors


def unavailable():
    if os.environ.get('IPTC2NFT_QUICK'):
        return 'the kernel is left out'
    if not shutil.which('nft'):
        return 'there is no nft'
    answer = apart(lambda: (subprocess.run(['nft', 'list', 'ruleset'], capture_output=True).returncode,))
    return None if answer[0] == 0 else 'network namespaces and nf_tables need privilege'
