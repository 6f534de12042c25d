/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cache.h"

#include "build.h"
#include "cache_index.h"
#include "cache_inputs.h"
#include "cache_place.h"
#include "cache_sweep.h"
#include "config.h"
#include "err.h"
#include "io.h"
#include "manifest.h"
#include "names.h"
#include "object.h"
#include "run.h"
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* A pack on its way. */
struct packing {
	const struct cache_pack *pack;
	const char *program;
	const char *base; /* its name in the tree */
	struct cache cache;
	char key[HASH_TEXT];
	struct timespec began;
	struct build_sources sources;
};

int cache_locate(const struct cache_pack *pack, char **ret_program, struct err *err)
{
	cleanup_root struct root root = ROOT_NONE;
	cleanup_free char *found = NULL, *real = NULL;
	bool is_path = strchr(pack->name, '/');
	int rc = is_path ? 0 : root_open(NULL, &root, err);

	if (rc == 0 && !is_path)
		rc = object_locate(&root, pack->name, pack->path, &found, err);
	if (rc == -ENOENT)
		return err_set(err, ENOENT, "not found on PATH: install it or give its path");
	if (rc < 0)
		return rc;
	real = realpath(is_path ? pack->name : found, NULL);
	if (!real)
		return err_errno(err, errno, "open it");
	*ret_program = TAKE_PTR(real);
	return 0;
}

/* What a tree depends on but for files: NULs between, which none of them can hold. */
static int make_key(const struct packing *packing, char ret[HASH_TEXT], struct err *err)
{
	cleanup_free char *text = util_printf(
		"%s%c%s%c%s", packing->program, '\0', packing->base, '\0', packing->pack->recipes);

	if (!text)
		return err_errno(err, ENOMEM, "look into the pack cache");
	hash_memory(text,
		strlen(packing->program) + 1 + strlen(packing->base) + 1 + strlen(packing->pack->recipes),
		ret);
	return 0;
}

static int path_of(const struct packing *packing, const char *tree, char **ret, struct err *err)
{
	*ret = util_printf("%s/%s", packing->cache.path, tree);
	return *ret ? 0 : err_errno(err, ENOMEM, "the pack cache");
}

/* 1: there was one that holds; 0: there is none. */
static int find_kept(const struct packing *packing, char **ret_tree, struct err *err)
{
	char tree[HASH_TEXT];
	cleanup_fd int held = FD_NONE;

	if (!index_find(packing->cache.index, packing->key, PACKAGE_VERSION, tree))
		return 0;
	held = cache_hold(&packing->cache, tree);
	if (held < 0)
		return 0;
	return path_of(packing, tree, ret_tree, err) < 0 ? -ENOMEM : 1;
}

static int build_in(struct packing *packing, const struct cache_work *work, struct err *err)
{
	const struct cache_pack *pack = packing->pack;
	cleanup_free char *output = util_printf("%s/%s/tree", packing->cache.path, work->name);
	struct build_result result = {0};
	const struct build build = {
		.output = output,
		.names = &pack->name,
		.count = 1,
		.recipes = pack->recipes,
		.path = pack->path,
		.cancel = pack->cancel,
		.progress = {.note = pack->note},
		.sources = &packing->sources,
	};

	return output ? build_tree(&build, &result, err) : err_errno(err, ENOMEM, "%s", pack->name);
}

/* Once it stands, the next use may be slow, but this one has not failed: so errors are only noted. */
static void remember(const struct packing *packing, const char *tree)
{
	cleanup_names struct names inputs = {0};
	struct err err = {0};
	int rc = inputs_of(&packing->sources, packing->pack->recipes, &inputs, &err);

	if (rc == 0)
		rc = index_put(packing->cache.index, packing->key, PACKAGE_VERSION, tree, &inputs,
			packing->began, &err);
	if (rc < 0 && packing->pack->note)
		packing->pack->note(err.text);
}

/* Puts the tree in WORK in its place. *RET_HELD keeps it there until it is closed. */
static int keep(const struct packing *packing, const struct cache_work *work, char tree[HASH_TEXT],
	int *ret_held, struct err *err)
{
	cleanup_free char *manifest = NULL;
	size_t length = 0;
	int rc = io_read_file(work->fd, "tree/" MANIFEST_NAME, MANIFEST_SIZE_LIMIT, &manifest, &length, err);

	if (rc < 0)
		return rc;
	hash_memory(manifest, length, tree);
	if (run_cancelled(packing->pack->cancel))
		return err_set(err, ECANCELED, "interrupted");
	*ret_held = cache_place(&packing->cache, work, "tree", tree, err);
	if (*ret_held < 0)
		return *ret_held;
	remember(packing, tree);
	return 0;
}

static int build_new(struct packing *packing, char **ret_tree, struct err *err)
{
	struct cache_work work = CACHE_WORK_NONE;
	cleanup_fd int held = FD_NONE;
	char tree[HASH_TEXT] = "";
	int rc = cache_work_begin(&packing->cache, &work, err);

	if (rc == 0)
		rc = build_in(packing, &work, err);
	if (rc == 0)
		rc = keep(packing, &work, tree, &held, err);
	cache_work_end(&packing->cache, &work);
	if (rc < 0)
		return rc;
	cache_sweep(&packing->cache, packing->pack->size);
	return path_of(packing, tree, ret_tree, err);
}

int cache_tree(const struct cache_pack *pack, const char *program, char **ret_tree, struct err *err)
{
	struct packing packing = {.pack = pack,
		.program = program,
		.base = names_base(pack->name),
		.cache = CACHE_NONE,
		.began = index_now()};
	int rc = cache_open(pack->directory, &packing.cache, err);

	if (rc == 0)
		rc = make_key(&packing, packing.key, err);
	if (rc == 0)
		rc = find_kept(&packing, ret_tree, err);
	if (rc == 0)
		rc = build_new(&packing, ret_tree, err);
	cache_close(&packing.cache);
	names_free(&packing.sources.programs);
	names_free(&packing.sources.data);
	return rc < 0 ? rc : 0;
}
