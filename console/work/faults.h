/* Lists the faults in the text of a draft: where each is, and what is wrong. */
#ifndef DIANCHEN_CONSOLE_WORK_FAULTS_H
#define DIANCHEN_CONSOLE_WORK_FAULTS_H

#include "console/work/draft.h"

enum { FAULTS_MOST = 200 };

struct draft_fault {
    struct text path; /* "/target/request/name"; data NULL = it belongs to no member */
    struct text message;
    int64_t line, column; /* from 1; 0 = not known. With a path the column counts in the formula, else in the line */
    bool warning;         /* no fault: the scheme can run */
};

/* Lints the draft, a scheme or an API file, and writes at most FAULTS_MOST faults and warnings into `list`, *count of them; their texts live in the arena.
 * Reads files, any thread. Returns the number of faults without warnings, or ERR_MEMORY. */
int faults_find(const struct draft *draft, struct arena *arena, struct draft_fault list[FAULTS_MOST],
                size_t *count) WARN_UNUSED;

#endif
