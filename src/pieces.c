/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "pieces.h"

bool pieces_init(struct pieces *p, uint32_t n)
{
	*p = (struct pieces){ .n = n, .back = n };
	return !pthread_mutex_init(&p->lock, NULL) && !pthread_cond_init(&p->left, NULL);
}

bool pieces_take_front(struct pieces *p, uint32_t i)
{
	bool mine;

	pthread_mutex_lock(&p->lock);
	mine = i < p->back;
	if (mine)
		p->front = i + 1;
	while (i == p->back && p->at_work)
		pthread_cond_wait(&p->left, &p->lock);
	pthread_mutex_unlock(&p->lock);
	return mine;
}

bool pieces_take_back(struct pieces *p, uint32_t *i)
{
	pthread_mutex_lock(&p->lock);
	p->at_work = p->front < p->back;
	if (p->at_work)
		*i = --p->back;
	pthread_cond_signal(&p->left);
	pthread_mutex_unlock(&p->lock);
	return p->at_work;
}

void pieces_leave(struct pieces *p)
{
	pthread_mutex_lock(&p->lock);
	p->at_work = false;
	pthread_cond_signal(&p->left);
	pthread_mutex_unlock(&p->lock);
}
