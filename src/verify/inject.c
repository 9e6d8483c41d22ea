/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inject: tun_chr_write_iter() hands a packet to the network stack within the call; raw_sendmsg()
 * with IP_HDRINCL sends one as it is, but for its identification and checksum.
 *
 * -m owner sees the credentials of the socket's file, which are those of the opener (fsuid, fsgid).
 */
#include "verify/inject.h"

#include <errno.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <netinet/in.h>
#include <linux/if_packet.h>

#define ETH_HEAD 14

void injector_init(struct injector *i, const struct netns *ns)
{
	*i = (struct injector){ .ns = ns };
}

static int arrive(const struct injector *i, const struct verify_packet *p)
{
	bool v6 = p->len && p->bytes[0] >> 4 == 6;
	uint8_t head[ETH_HEAD];
	struct iovec v[2] = { { head, sizeof(head) }, { (void *)(uintptr_t)p->bytes, p->len } };
	uint32_t at = 0;

	for (const struct host_iface *f = i->ns->host->ifaces; f != p->in; f = f->next)
		at++;
	memcpy(head, p->in->mac, 6);
	if (p->pkttype == PACKET_BROADCAST)
		memset(head, 0xff, 6);
	else if (p->pkttype == PACKET_MULTICAST)
		memcpy(head, v6 ? "\x33\x33\0\0\0\5" : "\x01\0\x5e\0\0\5", 6);
	else if (p->pkttype == PACKET_OTHERHOST)
		memcpy(head, "\x02\xfe\0\0\0\xfe", 6);
	memcpy(head + 6, p->smac, 6);
	memcpy(head + 12, v6 ? "\x86\xdd" : "\x08\0", 2);
	if (i->ns->taps[at] < 0)
		return EINVAL;
	while (writev(i->ns->taps[at], v, 2) < 0)
		if (errno != EINTR)
			return errno == EIO || errno == EBADF || errno == EAGAIN ? errno : 0;
	return 0;
}

static int open_socket(const struct injector *i, const struct verify_packet *p)
{
	bool v6 = i->ns->family == FAMILY_IPV6;
	int on = 1, fd, room = 1 << 20;

	setfsgid(p->gid);
	setfsuid(p->uid);
	fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
	setfsuid(0);
	setfsgid(0);
	if (fd < 0)
		return -1;
	setsockopt(fd, v6 ? SOL_IPV6 : SOL_IP, v6 ? IPV6_HDRINCL : IP_HDRINCL, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (p->bound && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, p->bound->name,
				   (socklen_t)strlen(p->bound->name) + 1)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The oldest makes room when there are too many kinds. */
static int socket_for(struct injector *i, const struct verify_packet *p)
{
	unsigned k;

	for (k = 0; k < i->n; k++)
		if (i->sockets[k].uid == p->uid && i->sockets[k].gid == p->gid &&
		    i->sockets[k].bound == p->bound)
			return i->sockets[k].fd;
	if (i->n < INJECT_SOCKETS) {
		k = i->n++;
	} else {
		k = i->next++ % INJECT_SOCKETS;
		close(i->sockets[k].fd);
	}
	i->sockets[k].uid = p->uid;
	i->sockets[k].gid = p->gid;
	i->sockets[k].bound = p->bound;
	i->sockets[k].fd = open_socket(i, p);
	return i->sockets[k].fd;
}

static uint32_t scope(const struct injector *i, const struct host_iface *dev)
{
	uint32_t at = 0;

	if (!dev)
		return 0;
	for (const struct host_iface *f = i->ns->host->ifaces; f != dev; f = f->next)
		at++;
	return i->ns->index[at];
}

static int leave(struct injector *i, const struct verify_packet *p)
{
	struct sockaddr_in to4 = { .sin_family = AF_INET };
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6, .sin6_scope_id = scope(i, p->bound) };
	bool v6 = i->ns->family == FAMILY_IPV6;
	const struct sockaddr *to = v6 ? (const struct sockaddr *)&to6 : (const struct sockaddr *)&to4;
	int fd;

	if (p->len < (v6 ? 40 : 20))
		return 0;
	if (v6)
		memcpy(&to6.sin6_addr, p->bytes + 24, 16);
	else
		memcpy(&to4.sin_addr, p->bytes + 16, 4);
	fd = socket_for(i, p);
	if (fd < 0)
		return errno;
	setsockopt(fd, SOL_SOCKET, SO_MARK, &p->mark, sizeof(p->mark));
	while (sendto(fd, p->bytes, p->len, 0, to, v6 ? sizeof(to6) : sizeof(to4)) < 0)
		if (errno != EINTR)
			break;
	return 0;
}

int inject(struct injector *i, const struct verify_packet *p)
{
	return p->in ? arrive(i, p) : leave(i, p);
}
