/* A rig with both doubles running, the scheme and a store: where most integration tests begin. */
#ifndef DIANCHEN_TESTS_WORLD_H
#define DIANCHEN_TESTS_WORLD_H

#include "tests/integration/rig.h"

enum { WORLD_URL_ROOM = 300 };

struct world {
    struct rig rig;
    char source[WORLD_URL_ROOM], target[WORLD_URL_ROOM]; /* addresses of the doubles */
};

#define SHOPS(n) ((const char *[]){"--shops", #n, NULL})
#define PLAIN ((const char *[]){NULL})

/* `program` is argv[0] of the test, the rest are switches of the doubles. Closed by rig_close. */
void world_open(struct world *w, const char *program, const char *const *source, const char *const *target);

/* The same with three schemes in the folder, and a target that takes duplicates. By file name: shop-to-customer, shop-to-material,
 * warehouse-to-store; in their order customers, stores, materials. So many shops, and so many warehouses, of which every
 * tenth is disabled. */
void world_open_folder(struct world *w, const char *program, const char *records);

/* Writes a file below the rig's folder of schemes (rig_scheme makes it): "api/erp.items.json". */
void world_scheme_file(struct world *w, const char *name, const char *text);

/* Replaces a text of a scheme of the folder, which must be there. */
void world_scheme_edit(struct world *w, const char *scheme, const char *from, const char *to);

/* Runs a command of dianchen; its stdout, or stderr where that is what counts. The caller frees. */
char *world_command(struct world *w, int exit_code, bool err, const char *const *words);
#define COMMAND(w, exit_code, ...) world_command(w, exit_code, false, (const char *[]){__VA_ARGS__, NULL})
#define COMPLAINT(w, exit_code, ...) world_command(w, exit_code, true, (const char *[]){__VA_ARGS__, NULL})
/* `dianchen check` ends with this code, and its stdout holds the text; else the test fails. */
void world_check_says(struct world *w, int exit_code, const char *text);
/* The same of /bin/sh with this command, which must succeed. */
__attribute__((format(printf, 2, 3))) void world_shell(struct world *w, const char *format, ...);
/* Waits for a process, says what it said where the exit code is another one; its stdout, to be freed. */
char *world_wait(struct world *w, struct rig_process *process, int exit_code, int seconds);

/* Parses and frees the text; fails when it is no JSON. */
cJSON *world_json(char *text);
/* A number of the double's report. */
int64_t source_number(struct world *w, const char *name);
int64_t target_number(struct world *w, const char *name);

/* Waits until the number of the double's report is at least so much; fails after a while. */
void await_source(struct world *w, const char *name, int64_t wanted);
void await_target(struct world *w, const char *name, int64_t wanted);

#endif
