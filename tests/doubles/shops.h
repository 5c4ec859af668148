/* The shops that the source holds: made from a seed, so that a million of them cost four bytes each;
 * edits and moves are kept beside them. */
#ifndef DOUBLES_SHOPS_H
#define DOUBLES_SHOPS_H

#include "form.h"

enum shop_numbers { NUMBERS_PLAIN, NUMBERS_TEXT, NUMBERS_FLOAT, NUMBERS_EXPONENT };

struct shop_settings {
    int64_t shops, disabled; /* how many are made */
    int64_t show_disabled;   /* 1: returned without being asked for */
    int64_t numbers;         /* enum shop_numbers */
    int64_t long_ids;        /* 1: shop_id of 19 digits */
    int64_t seed;
};
extern struct shop_settings shop_settings;

/* An entry is a serial from 1, with SHOP_DISABLED for the row of disabled ones. */
enum { SHOP_SERIALS = 1 << 30 };
#define SHOP_DISABLED 0x40000000U

struct shop_view {
    uint32_t *entries;
    size_t count;
};

void shops_make(void);    /* anew, as the settings say */
void shops_refresh(void); /* after another setting changed */
void shops_fini(void);
/* Shops that match, in order. Empty platform or shop_no match any; is_disabled is "", "0" or "1".
 * Valid until the shops change or 16 other views were asked for. */
const struct shop_view *shops_view(const char *platform, const char *shop_no, const char *is_disabled);
size_t shops_count(void); /* those that a plain query sees */
void shops_add(size_t count, bool front);
bool shops_remove(const char *shop_no);
bool shops_return(const char *shop_no); /* behind the last. false: it is there, or no shop can have this number */
/* Sets fields by name and bumps `modified`; `to` is a new shop_no. false: no such shop or field; *fault says which. */
bool shops_edit(const char *shop_no, const struct form *form, struct blob *fault);
/* `{…}` of one shop, or nothing when there is none. */
bool shops_print(const char *shop_no, struct blob *out);
void shop_render(struct blob *out, uint32_t entry);
void shop_number(struct blob *out, uint32_t entry); /* S000001, or what an edit made of it */
/* A number as shop_settings.numbers writes it: 1001, "1001", 1001.0, 1.001E3. `digits` may have a fraction. */
void shop_put_number(struct blob *out, const char *digits, size_t length);
/* For the renderer: the JSON text that an edit gave the field, or NULL. */
bool shop_is_edited(uint32_t entry);
const char *shop_edit(uint32_t entry, int field);
/* For the edits: index of a field and whether it is a number; -1 for an unknown one. */
int shop_field(const char *name, bool *number);
const char *shop_platform(uint32_t entry); /* as text, edits aside */

#endif
