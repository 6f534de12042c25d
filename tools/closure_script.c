/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Scripts bring their interpreter: the first line of what is packed names the tree's. */
#include "closure_parts.h"
#include "err.h"
#include "util.h"

#include <errno.h>
#include <string.h>

#define BIN "/dev/crashcart/bin/"

static const char blanks[] = " \t";

/*
 * What "env [-S] [NAME=VALUE...] NAME [ARG...]" runs; null where it does something else. The kernel hands all that follows
 * the interpreter over as one argument, so without -S that is one name.
 */
static char *behind_env(char *arguments)
{
	if (strncmp(arguments, "-S", 2) == 0 || strncmp(arguments, "-vS", 3) == 0)
		arguments += strcspn(arguments, "S") + 1;
	arguments += strspn(arguments, blanks);
	return *arguments && *arguments != '-' && !memchr(arguments, '=', strcspn(arguments, blanks))
		       ? arguments
		       : NULL;
}

/* "sh" is busybox or bash where the tree has one, which is known at the end. */
static int add_interpreter(struct closure *closure, const char *word, struct err *err)
{
	if (strcmp(names_base(word), "sh") == 0) {
		closure->wants_sh = true;
		return 0;
	}
	if (closure_tool(closure, names_base(word)))
		return 0;
	return closure_add(closure, word, false, err);
}

int closure_adapt_script(struct closure *closure, struct object *script, struct err *err)
{
	cleanup_free char *line = strdup(script->shebang + 2);
	char *word, *rest;
	int rc;

	if (!line)
		return err_errno(err, ENOMEM, "%s", script->source);
	word = line + strspn(line, blanks);
	rest = word + strcspn(word, blanks);
	if (*rest)
		*rest++ = '\0';
	rest += strspn(rest, blanks);
	if (word[0] != '/')
		return err_set(err, ENOEXEC, "a script whose interpreter is not a full path: '%s'", word);
	if (strcmp(names_base(word), "env") == 0) {
		word = behind_env(rest);
		if (!word)
			return err_set(err, ENOTSUP,
				"a script that calls env in a way that cannot be led to the tree: '%s'",
				script->shebang);
		rest = word + strcspn(word, blanks);
		if (*rest)
			*rest++ = '\0';
	}
	if (!names_is_plain(names_base(word)))
		return err_set(err, ENOEXEC, "a script without an interpreter: '%s'", script->shebang);
	rc = add_interpreter(closure, word, err);
	if (rc < 0)
		return err_prefix(err, "its interpreter");
	free(script->shebang);
	script->shebang = util_printf("#!" BIN "%s%s%s", names_base(word), *rest ? " " : "", rest);
	return script->shebang ? 0 : err_errno(err, ENOMEM, "%s", script->source);
}
