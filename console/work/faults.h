/* What is wrong with the text of a draft, told apart: where, and what. */
#ifndef DIANCHEN_CONSOLE_WORK_FAULTS_H
#define DIANCHEN_CONSOLE_WORK_FAULTS_H

#include "console/work/draft.h"

enum { FAULTS_MOST = 200 };

struct draft_fault {
    struct text path; /* "/target/request/name"; data NULL = of no member */
    struct text message;
    int64_t line,
        column; /* from 1; 0 = not told. The column is one of the formula where path is told, else of the line */
    bool warning;
};

/* Lints the draft: at most FAULTS_MOST go into the list, whose texts live in the arena. The number of faults, warnings not
 * counted. ERR_MEMORY. */
int faults_find(const struct draft *draft, struct arena *arena, struct draft_fault list[FAULTS_MOST],
                size_t *count) WARN_UNUSED;

#endif
