/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An interrupt as something to read, so that what is half-done is removed first. */
#pragma once

/*
 * From here on SIGINT, SIGTERM and SIGHUP do not end us: they make a descriptor readable, for struct run and its like.
 * What our caller has set to be ignored (nohup) stays so. Returns the descriptor, or -1 with errno.
 */
int signals_catch(void);

/* Ends as the signal that was caught would have ended us, so that a shell sees it; else returns an exit status. */
int signals_die(int signals);
