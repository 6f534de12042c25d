/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A file of systemd-machined's; its bytes are also taken for names of control groups. */
#include "fuzz.h"
#include "machine_names.h"

#include <stdlib.h>
#include <string.h>

const char *const fuzz_corpus[] = {
	"tests/unit/corpus/machine",
	NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct machine_file file = {.leader = -1};
	char name[MACHINE_NAME_SIZE], *text = malloc(size + 1);

	if (machine_parse((const char *)data, size, &file) ? file.leader < 2 : file.leader != -1)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (machine_of_lxc(text, name) && strlen(name) >= strlen(text))
		abort();
	if (machine_of_unit(text, name) && strlen(name) >= strlen(text))
		abort();
	(void)machine_is_member(text, "machine-a.scope");
	free(text);
	return 0;
}
