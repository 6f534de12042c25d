/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "caps.h"

#include "err.h"
#include "util.h"

#include <cap-ng.h>
#include <linux/capability.h>
#include <stdio.h>
#include <strings.h>
#include <sys/prctl.h>

static uint64_t bit(int capability)
{
	return UINT64_C(1) << capability;
}

uint64_t caps_debug_profile(uint64_t bounding_set)
{
	return bounding_set | bit(CAP_SYS_PTRACE) | bit(CAP_NET_RAW) | bit(CAP_NET_ADMIN) |
	       bit(CAP_DAC_READ_SEARCH) | bit(CAP_KILL) | bit(CAP_SYSLOG);
}

/* Those of which PR_CAPBSET_READ says at least WANTED: 0 known, 1 in the bounding set. */
static uint64_t read_bounding_set(int wanted)
{
	uint64_t set = 0;

	for (int capability = 0; capability < 64; capability++) {
		int known = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);

		if (known < 0)
			break; /* EINVAL: the first number that the kernel does not know */
		if (known >= wanted)
			set |= bit(capability);
	}
	return set;
}

uint64_t caps_all(void)
{
	return read_bounding_set(0);
}

uint64_t caps_own_bounding_set(void)
{
	return read_bounding_set(1);
}

bool caps_from_name(const char *name, uint64_t *set)
{
	uint64_t all = caps_all();

	if (strcasecmp(name, "ALL") == 0) {
		*set |= all;
		return true;
	}
	if (strncasecmp(name, "CAP_", 4) == 0)
		name += 4;
	for (int capability = 0; capability < 64; capability++) {
		const char *known =
			all & bit(capability) ? capng_capability_to_name((unsigned int)capability) : NULL;

		if (!known || strcasecmp(name, known) != 0)
			continue;
		*set |= bit(capability);
		return true;
	}
	return false;
}

int caps_has_sys_admin(uint64_t set)
{
	return (set & bit(CAP_SYS_ADMIN)) != 0;
}

bool caps_has_sys_ptrace(uint64_t set)
{
	return (set & bit(CAP_SYS_PTRACE)) != 0;
}

/*
 * By prctl: capng_apply(CAPNG_SELECT_BOUNDS) reads /proc/PID/status first, and that may be a FIFO of the
 * container's. EINVAL ends the loop at the first number that the kernel does not know.
 */
int caps_bound(uint64_t set, struct err *err)
{
	for (int capability = 0; capability < 64; capability++) {
		if (prctl(PR_CAPBSET_READ, capability, 0, 0, 0) < 0)
			return 0;
		if (!(set & bit(capability)) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return err_errno(err, errno, "drop capability %d", capability);
	}
	return 0;
}

static bool have(uint64_t set, int capability)
{
	return (set & bit(capability)) && prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1;
}

/* What is inheritable and permitted can become ambient (capabilities(7)). */
static int raise_ambient(uint64_t set, struct err *err)
{
	for (int capability = 0; capability < 64; capability++)
		if (have(set, capability) &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
			return err_errno(err, errno, "make capability %d ambient", capability);
	return 0;
}

/* What of SET is in the bounding set, and ALWAYS, becomes these TYPES, and all else goes. */
static int apply(uint64_t set, uint64_t always, capng_type_t types, struct err *err)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return err_errno(err, errno, "clear the ambient capabilities");
	capng_clear(CAPNG_SELECT_CAPS);
	for (int capability = 0; capability < 64; capability++)
		if ((always & bit(capability)) || have(set, capability))
			capng_update(CAPNG_ADD, types, (unsigned int)capability);
	if (capng_apply(CAPNG_SELECT_CAPS) != 0)
		return err_errno(err, errno, "set the capabilities");
	return 0;
}

int caps_set(uint64_t set, bool ambient, struct err *err)
{
	capng_type_t types = CAPNG_EFFECTIVE | CAPNG_PERMITTED;
	int rc = apply(set, 0, ambient ? types | CAPNG_INHERITABLE : types, err);

	return rc == 0 && ambient ? raise_ambient(set, err) : rc;
}

int caps_set_with_sys_admin(uint64_t set, struct err *err)
{
	return apply(set, bit(CAP_SYS_ADMIN), CAPNG_EFFECTIVE | CAPNG_PERMITTED, err);
}

int caps_limit(uint64_t set, struct err *err)
{
	int rc = caps_bound(set, err);

	return rc == 0 ? caps_set(set, false, err) : rc;
}

void caps_names(uint64_t set, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "none");
	for (int capability = 0; capability < 64; capability++) {
		const char *name;

		if (!(set & bit(capability)) || used >= size)
			continue;
		name = capng_capability_to_name((unsigned int)capability);
		if (name)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? "," : "", name);
	}
}
