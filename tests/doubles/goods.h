/* The target side of the rest-double: a store of its own with goods, each {"id", "code", "name", "price"}. */
#ifndef DOUBLES_GOODS_H
#define DOUBLES_GOODS_H

#include "server.h"
#include "switches.h"

struct goods_settings {
    int64_t lost_next, late_next, late_ms, unique, filter, most, total;
    char refuse[SWITCH_TEXT_ROOM];
};
extern struct goods_settings goods_settings;

#define GOODS_SWITCHES                                                                                                 \
    {"lost_next", SWITCH_COUNT, &goods_settings.lost_next,                                                             \
     "0",         NULL,         "the next N saves of goods are executed, then closed without a reply"},                \
        {"late_next", SWITCH_COUNT, &goods_settings.late_next,                                                         \
         "0",         NULL,         "the next N saves are closed at once, and executed late_ms later"},                \
        {"late_ms", SWITCH_COUNT, &goods_settings.late_ms, "300", NULL, "of late_next"},                               \
        {"unique", SWITCH_FLAG, &goods_settings.unique, "0", NULL, "1: a code that is taken is refused, HTTP 409"},    \
        {"most", SWITCH_COUNT, &goods_settings.most, "100", NULL, "most goods of a page, whatever limit says"},        \
        {"goods_total", SWITCH_FLAG, &goods_settings.total, "1", NULL, "0: their list tells no total"},                \
        {"filter", SWITCH_FLAG, &goods_settings.filter, "1", NULL, "0: the parameter code is taken and ignored"},      \
    {                                                                                                                  \
        "refuse_code", SWITCH_TEXT, goods_settings.refuse, "", NULL, "goods of this code are refused, HTTP 422"        \
    }

/* Is the call one for goods? Then it is answered. Its credential is right. */
bool goods_handle(struct call *call);
/* `/_/goods` and the like. */
bool goods_control(struct call *call, const char *name, const struct form *form);
/* Members of the report. */
void goods_report(struct blob *out);

#endif
