# SPDX-License-Identifier: GPL-2.0-or-later
"""Small captures, as bytes."""
import struct

from packets import packet, transport

LINKS = (1, 101, 113, 276, 0, 108)      # Ethernet, raw IP, Linux cooked and its second version, BSD loopback twice
MACS = bytes.fromhex('020000000001020000000007')


def link_header(link, v6, outgoing=False):
    ethertype = b'\x86\xdd' if v6 else b'\x08\0'
    return {1: MACS + ethertype, 101: b'', 113: struct.pack('!HHH8s', 4 if outgoing else 0, 1, 6, MACS[6:]) + ethertype,
            276: ethertype + struct.pack('!HIHBB8s', 0, 2, 1, 4 if outgoing else 0, 6, MACS[6:]), 0: struct.pack('<I', 10 if v6 else 2), 108: struct.pack('!I', 10 if v6 else 2)}[link]


def frames(link):
    """[(seconds, frame, length on the wire)]: TCP and its answer, UDP, ICMPv6, an ARP request, VLAN."""
    a, b, a6, b6 = '198.51.100.7', '203.0.113.2', '2001:db8:7::b', '2001:db8:f::2'
    tcp = lambda src, dst, *ports: packet(src, dst, 6, transport(src, dst, 6, *ports))
    items = [(tcp(a, b, 1000, 22), False), (tcp(b, a, 22, 1000, 0x12), True), (packet(a, b, 17, transport(a, b, 17, 1, 53, payload=b'hello')), False), (packet(a6, b6, 58, transport(a6, b6, 58, icmp=(128, 0))), False)]
    out = [(n, link_header(link, p[0] >> 4 == 6, outgoing) + p) for n, (p, outgoing) in enumerate(items)]
    if link == 1:
        out += [(9, b'\xff' * 6 + MACS[6:] + b'\x08\x06' + bytes(28)), (10, MACS + b'\x81\0\0\5\x08\0' + items[0][0])]
    return [(t, f, len(f)) for t, f in out]


def capture(link, items, magic=0xa1b2c3d4, order='<'):
    out = struct.pack(order + 'IHHiIII', magic, 2, 4, 0, 0, 65535, link)
    for seconds, frame, length in items:
        out += struct.pack(order + 'IIII', 1700000000 + seconds, 0, len(frame), length) + frame
    return out


def pcapng(items):
    block = lambda kind, body: struct.pack('<II', kind, len(body) + 12) + body + struct.pack('<I', len(body) + 12)
    out = block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0, -1)) + block(1, struct.pack('<HHI', 1, 0, 65535))
    for seconds, frame, length in items:
        us = (1700000000 + seconds) * 1000000
        out += block(6, struct.pack('<IIIII', 0, us >> 32, us & 0xffffffff, len(frame), length) + frame + bytes(-len(frame) % 4))
    return out
