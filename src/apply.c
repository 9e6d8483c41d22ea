/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apply: the batch to the kernel in one transaction.
 *
 * nfnetlink (net/netfilter/nfnetlink.c: nfnetlink_rcv_batch()) wants a batch in one piece and has
 * carried it out, or nothing of it, when sendmsg() returns; it answers with errors only, each with
 * the number of its message. A batch without its end is validated and dropped, which is how a
 * ruleset is checked.
 */
#include "apply.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include "apply_error.h"
#include "nl.h"
#include "verify/nl_replace.h"

#define ANSWER_ROOM   (4 << 20)

/* What of the kernel's extended answer says where and why. */
static int tlv(const struct nlattr *a, void *data)
{
	struct apply_error *e = data;

	if (mnl_attr_get_type(a) == NLMSGERR_ATTR_OFFS &&
	    mnl_attr_validate(a, MNL_TYPE_U32) >= 0)
		e->offset = mnl_attr_get_u32(a);
	if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG &&
	    mnl_attr_validate(a, MNL_TYPE_NUL_STRING) >= 0)
		strncpy(e->text, mnl_attr_get_str(a), sizeof(e->text) - 1);
	return MNL_CB_OK;
}

static void note_error(struct apply_errors *all, const struct nlmsghdr *h)
{
	const struct nlmsgerr *answer = mnl_nlmsg_get_payload(h);
	size_t head = sizeof(*answer);
	struct apply_error *e;

	if (h->nlmsg_len < mnl_nlmsg_size(head) || !answer->error)
		return;
	if (all->count++ >= APPLY_ERRORS_MAX)
		return;
	e = &all->list[all->count - 1];
	*e = (struct apply_error){ .seq = answer->msg.nlmsg_seq, .number = -answer->error };
	if (!(h->nlmsg_flags & NLM_F_CAPPED))
		head += mnl_nlmsg_get_payload_len(&answer->msg);
	if (h->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_parse(h, (unsigned)head, tlv, e);
}

static void read_answers(int fd, struct apply_errors *all)
{
	char room[1 << 14];
	int left;

	for (;;) {
		ssize_t n = recv(fd, room, sizeof(room), MSG_DONTWAIT);
		const struct nlmsghdr *h = (const struct nlmsghdr *)(const void *)room;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			all->lost = true;
			continue;
		}
		if (n <= 0)
			return;
		for (left = (int)n; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left))
			if (h->nlmsg_type == NLMSG_ERROR)
				note_error(all, h);
	}
}

/* Every message may be answered with an error. As with sending, the privilege is there. */
static void make_room(int fd)
{
	int size = ANSWER_ROOM;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

/* Allocates nothing, so that the socket can't be left open. */
static void talk(struct mnl_socket *s, struct nl_pieces batch, bool check, struct apply_errors *all)
{
	int on = 1;

	if (mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0) {
		all->system = errno;
		return;
	}
	mnl_socket_setsockopt(s, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(s, NETLINK_CAP_ACK, &on, sizeof(on));
	make_room(mnl_socket_get_fd(s));
	all->system = nl_send_on(s, batch, check);
	if (!all->system)
		read_answers(mnl_socket_get_fd(s), all);
}

static void send_batch(struct nl_pieces batch, bool check, struct apply_errors *all)
{
	struct mnl_socket *s = mnl_socket_open(NETLINK_NETFILTER);

	*all = (struct apply_errors){ .count = 0 };
	if (s) {
		talk(s, batch, check, all);
		mnl_socket_close(s);
	} else {
		all->system = errno;
	}
}

/* The ruleset was changed since the batch was made for it. */
static bool outdated(const struct apply_errors *all)
{
	return all->count && all->list[0].number == ERESTART;
}

/* What the kernel answers; NULL: there is nothing to send, which has been reported. */
static struct apply_errors *attempt(struct ir *ir, bool check)
{
	struct buffer *batch = buffer_new(ir->arena), *fresh = buffer_new(ir->arena);
	struct nl_pieces pieces;
	struct apply_errors *all = ARENA_NEW(ir->arena, struct apply_errors);

	emit_netlink(ir, batch);
	if (diags_status(ir->diags) != IPTC2NFT_OK)
		return NULL;
	for (unsigned i = 0; i < NL_REPLACE_TRIES && nl_replace(batch, fresh, &pieces); i++) {
		send_batch(pieces, check, all);
		if (!outdated(all))
			return all;
	}
	send_batch(nl_whole(batch), check, all);
	return all;
}

void apply_ruleset(struct ir *ir, bool check)
{
	struct apply_errors *all;

	apply_tables_find(ir);
	all = attempt(ir, check);
	if (all && ir->compat && !ir->queue_target && apply_lacks_queue(ir, all)) {
		ir->queue_target = true;
		all = attempt(ir, check);
	}
	if (all)
		apply_report(ir, all);
}
