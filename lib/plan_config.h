/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a container that its runtime has not made yet is to get a mount by its config.json. Pure. */
#pragma once

#include "plan.h"
#include "policy.h"
#include "state.h"

/* PLAN_ENSURE: config_edit is right for it. PLAN_SKIP with a reason: it stays as it is. PLAN_LEAVE: it has ours already. */
struct plan plan_config(const struct config *config, const struct policy *policy, const char *master);
