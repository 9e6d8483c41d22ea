/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calendar: days since 1970-01-01 and what they are called, all in UTC. */
#ifndef IPTC2NFT_CALENDAR_H
#define IPTC2NFT_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define DAY_SECONDS 86400

/* Month 0 and day 0 are the ones before the first, as mktime() has it. */
int64_t day_from_date(unsigned year, unsigned month, unsigned day);
unsigned day_of_month(int64_t day); /* 1 … 31 */
unsigned day_of_week(int64_t day);  /* Monday is 1, Sunday 7 */

#endif
