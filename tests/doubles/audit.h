/* The audit of bills (审核): /jdy/v2/sys/common_operate, strict. A bill that is audited is changed no more, and audited once. */
#ifndef DOUBLES_AUDIT_H
#define DOUBLES_AUDIT_H

#include "server.h"

struct audit_settings {
    int64_t max;   /* most bills of a call */
    int64_t twice; /* 1: a bill that is audited already is audited again without a word */
    int64_t reply; /* 0: a result as of a save, 1: only outer success, 2: none that anybody knows */
    int64_t lost_next, late_next, cut_next; /* the next N calls: executed without a reply; late_ms later; not at all */
    char reject_numbers[4096];              /* comma list of billno: refused until cleared */
    char said_words[4096], reject_words[4096];
};
extern struct audit_settings audit_settings;

struct audit_count {
    int64_t calls, executed, audited, again, refused, refused_said, refused_calls, lost, late, late_pending, cut;
};
extern struct audit_count audit_count;

/* Answers an audit, or loses it as the settings say; late ones are executed `late_ms` later. */
void audit_serve(struct call *call, int64_t late_ms);
/* Somebody audits the bill of the form's number, or undoes that. */
void audit_by_hand(struct call *call, const struct form *form, bool audited);

#endif
