/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpf_check: would the kernel take this classic BPF program? */
#ifndef IPTC2NFT_BPF_CHECK_H
#define IPTC2NFT_BPF_CHECK_H

struct sock_filter;

/* NULL: it would; else what is wrong, with the number of the instruction in *where. */
const char *bpf_check(const struct sock_filter *code, unsigned n, unsigned *where);

#endif
