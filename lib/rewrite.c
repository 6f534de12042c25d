/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rewrite.h"

#include <sys/stat.h>

/* Whoever adds or removes a record holds a lock for it: while all are ours, the time that is set back hides nothing of theirs. */
int rewrite_record(const struct store *store, const struct record *record, struct err *err)
{
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}};
	bool alone = store_try_lock_rest(store);
	struct stat st;
	int rc;

	alone = alone && fstat(store->records, &st) == 0;
	rc = record_write(store->records, record, err);
	if (rc == 0 && alone) {
		times[1] = st.st_mtim;
		(void)futimens(store->records, times); /* else the index has to be made anew */
	}
	store_unlock_rest(store, record->id);
	return rc;
}
