# SPDX-License-Identifier: GPL-2.0-or-later
"""What packets cost: in the kernel under a ruleset, and to be explained.

A network namespace of our own gets a ruleset and a TUN device; packets written to the device go through
the hooks of the IP layer before write() returns. The best of many batches counts.
"""
import ctypes, fcntl, os, resource, struct, subprocess, time

CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 1, 0x1000
BATCHES, BATCH = 60, 300
FROM, TO = '10.0.0.7', '192.0.2.1'


def checksum(data):
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def packet(proto, src, dst, sport, dport):
    """A TCP SYN or a UDP datagram with eight bytes of payload."""
    if proto == 6:
        rest = struct.pack('!HHIIBBHHH', sport, dport, 1, 0, 0x50, 2, 64240, 0, 0)
    else:
        rest = struct.pack('!HHHH', sport, dport, 16, 0) + bytes(8)
    pseudo = src + dst + struct.pack('!BBH', 0, proto, len(rest))
    at = 16 if proto == 6 else 6
    rest = rest[:at] + struct.pack('!H', checksum(pseudo + rest)) + rest[at + 2:]
    head = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(rest), 1, 0, 64, proto, 0) + src + dst
    return head[:10] + struct.pack('!H', checksum(head)) + head[12:] + rest


def address(text):
    return bytes(map(int, text.split('.')))


def tun():
    fd = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack('16sH14x', b'eth0', IFF_TUN | IFF_NO_PI))
    for command in (f'addr add {TO}/24 dev eth0', 'link set lo up', 'link set eth0 up', 'route add 10.0.0.0/8 dev eth0'):
        subprocess.run(['ip', *command.split()], check=True)
    return fd


def flood(fd, p):
    best = float('inf')
    for _ in range(BATCHES):
        start = time.perf_counter_ns()
        for _ in range(BATCH):
            os.write(fd, p)
        best = min(best, time.perf_counter_ns() - start)
    return best / BATCH


EMPTY = '*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n'


def cost(command, source, protos=(6, 17)):
    """Nanoseconds a packet, by protocol, under the ruleset that @command loads from @source."""
    r, w = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), 'unshare')
            fd = tun()
            with open(source) as f:
                subprocess.run(command, stdin=f, check=True, capture_output=True)
            times = [flood(fd, packet(n, address(FROM), address(TO), 40000, 1)) for n in protos]
            os.write(w, ' '.join(map(str, times)).encode())
        finally:
            os._exit(0)
    os.close(w)
    with os.fdopen(r) as f:
        times = f.read().split()
    os.waitpid(pid, 0)
    return [float(t) for t in times] if times else None


def capture(f, count):
    """A capture of @count packets of many connections, as tcpdump on a tunnel writes it."""
    f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
    kinds = [packet(p, bytes((10, 0, i % 4, i % 250 + 1)), address(TO), 1024 + i * 13 % 60000, (22, 80, 443, 53, 8080)[i % 5])
             for i in range(1000) for p in (6, 17)]
    out = []
    for i in range(count):
        p = kinds[i % len(kinds)]
        out.append(struct.pack('<IIII', 1700000000 + i // 1000, i % 1000 * 1000, len(p), len(p)) + p)
        if len(out) == 10000:
            f.write(b''.join(out))
            out.clear()
    f.write(b''.join(out))
    f.flush()


HOST = f'interface eth0 {TO}/24\nroute 10.0.0.0/8 dev eth0\n'


def explain(program, rules, host, pcap):
    """Processor seconds and peak KiB of explaining a capture; None: it failed."""
    p = subprocess.Popen([program, '--explain', '--host', host, '--pcap', pcap, '--in', 'eth0', '--summary', rules],
                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    return (usage.ru_utime + usage.ru_stime, usage.ru_maxrss) if not p.returncode else None
