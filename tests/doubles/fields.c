#include "fields.h"

#include "dice.h"

enum { SLOTS = 256 };

static const struct field material_fields[] = {
    {"name", FIELD_TEXT, ROLE_NAME, true},
    {"saleunitid_id", FIELD_UNIT, ROLE_UNIT, true},
    {"ismulti_unit", FIELD_BOOLEAN, ROLE_MULTI_UNIT, false},
    {"model", FIELD_TEXT, ROLE_NONE, false},
    {"parent_id", FIELD_TEXT, ROLE_PARENT, false},
    {"conversionunitid1_id", FIELD_UNIT, ROLE_NONE, false},
    {"barcodeentity", FIELD_OBJECTS, ROLE_NONE, false},
    {"remark", FIELD_TEXT, ROLE_NONE, false},
    {"isbatch", FIELD_BOOLEAN, ROLE_NONE, false},
    {"stockid_id", FIELD_TEXT, ROLE_NONE, false},
    {"kfperiodtype", FIELD_TEXT, ROLE_PERIOD, false},
    {"auxentity", FIELD_OBJECTS, ROLE_NONE, false},
    {"priceentity", FIELD_OBJECTS, ROLE_NONE, false},
    {"alarmday", FIELD_DECIMAL, ROLE_NONE, false},
    {"issale", FIELD_BOOLEAN, ROLE_NONE, false},
    {"brandid_id", FIELD_TEXT, ROLE_NONE, false},
    {"refistrationnumber", FIELD_TEXT, ROLE_NONE, false},
    {"venderid_id", FIELD_TEXT, ROLE_NONE, false},
    {"baseunitid_id", FIELD_UNIT, ROLE_BASE_UNIT, true},
    {"iskfperiod", FIELD_BOOLEAN, ROLE_NONE, false},
    {"coefficient3", FIELD_INTEGER, ROLE_NONE, false},
    {"net_weight", FIELD_DECIMAL, ROLE_NONE, false},
    {"producingpace", FIELD_TEXT, ROLE_NONE, false},
    {"purchaseunitid_id", FIELD_UNIT, ROLE_UNIT, true},
    {"mininventoryqty", FIELD_DECIMAL, ROLE_NONE, false},
    {"conversionunitid3_id", FIELD_UNIT, ROLE_NONE, false},
    {"taxrate", FIELD_DECIMAL, ROLE_NONE, false},
    {"costmethod", FIELD_TEXT, ROLE_COST, true},
    {"isserial", FIELD_BOOLEAN, ROLE_NONE, false},
    {"maxinventoryqty", FIELD_DECIMAL, ROLE_NONE, false},
    {"issubpart", FIELD_BOOLEAN, ROLE_NONE, false},
    {"storeunitid_id", FIELD_UNIT, ROLE_UNIT, true},
    {"ispurchase", FIELD_BOOLEAN, ROLE_NONE, false},
    {"coefficient1", FIELD_INTEGER, ROLE_NONE, false},
    {"images", FIELD_STRINGS, ROLE_NONE, false},
    {"prolicense", FIELD_TEXT, ROLE_NONE, false},
    {"high", FIELD_DECIMAL, ROLE_NONE, false},
    {"secinventoryqty", FIELD_DECIMAL, ROLE_NONE, false},
    {"conversionunitid2_id", FIELD_UNIT, ROLE_NONE, false},
    {"wide", FIELD_DECIMAL, ROLE_NONE, false},
    {"volume", FIELD_DECIMAL, ROLE_NONE, false},
    {"auxunitid_id", FIELD_UNIT, ROLE_UNIT, true},
    {"ignorewarn", FIELD_BOOLEAN, ROLE_NONE, false},
    {"isassembly", FIELD_BOOLEAN, ROLE_NONE, false},
    {"id", FIELD_TEXT, ROLE_ID, false},
    {"helpcode", FIELD_TEXT, ROLE_NONE, false},
    {"kfperiod", FIELD_DECIMAL, ROLE_NONE, false},
    {"fixunit2_id", FIELD_UNIT, ROLE_NONE, false},
    {"weight_unit_id", FIELD_TEXT, ROLE_NONE, false},
    {"gross_weight", FIELD_DECIMAL, ROLE_NONE, false},
    {"number", FIELD_TEXT, ROLE_NUMBER, false},
    {"volume_unit_id", FIELD_TEXT, ROLE_NONE, false},
    {"inv_mgr_type", FIELD_TEXT, ROLE_INVENTORY, false},
    {"purchaseid_id", FIELD_TEXT, ROLE_NONE, false},
    {"isasstattr", FIELD_BOOLEAN, ROLE_NONE, false},
    {"barcode", FIELD_TEXT, ROLE_NONE, false},
    {"fetchcategoryid_id", FIELD_TEXT, ROLE_NONE, false},
    {"fixunit3_id", FIELD_UNIT, ROLE_NONE, false},
    {"length", FIELD_DECIMAL, ROLE_NONE, false},
    {"spaceid_id", FIELD_TEXT, ROLE_NONE, false},
    {"mullabel_number", FIELD_TEXT, ROLE_NONE, false},
    {"removeimages", FIELD_STRINGS, ROLE_NONE, false},
    {"fixunit1_id", FIELD_UNIT, ROLE_NONE, false},
    {"isweight", FIELD_BOOLEAN, ROLE_NONE, false},
    {"coefficient2", FIELD_INTEGER, ROLE_NONE, false},
};

static const struct field store_fields[] = {
    {"id", FIELD_TEXT, ROLE_ID, false},
    {"number", FIELD_TEXT, ROLE_NUMBER, true},
    {"name", FIELD_TEXT, ROLE_NAME, true},
    {"groupid_id", FIELD_TEXT, ROLE_NONE, false},
    {"isallowfreight", FIELD_BOOLEAN, ROLE_NONE, false},
    {"isallowneg", FIELD_BOOLEAN, ROLE_NONE, false},
    {"enable", FIELD_TEXT, ROLE_INVENTORY, false},
    {"phone", FIELD_TEXT, ROLE_NONE, false},
    {"address", FIELD_TEXT, ROLE_NONE, false},
    {"remark", FIELD_TEXT, ROLE_NONE, false},
    {"storekeeperid_id", FIELD_TEXT, ROLE_NONE, false},
};
/* What customers and suppliers have in common; `persons`: where their contact persons stand. */
#define PARTY_FIELDS(persons)                                                                                          \
    {"id", FIELD_TEXT, ROLE_ID, false}, {"number", FIELD_TEXT, ROLE_NUMBER, true},                                     \
        {"name", FIELD_TEXT, ROLE_NAME, true}, {"remark", FIELD_TEXT, ROLE_NONE, false},                               \
        {"salerid_id", FIELD_TEXT, ROLE_NONE, false}, {persons, FIELD_PERSONS, ROLE_NONE, false},                      \
        {"groupid_id", FIELD_TEXT, ROLE_NONE, false}, {"saledeptid_id", FIELD_TEXT, ROLE_NONE, false},                 \
        {"rate", FIELD_DECIMAL, ROLE_NONE, false}, {"invoicename", FIELD_TEXT, ROLE_NONE, false},                      \
        {"taxpayerno", FIELD_TEXT, ROLE_NONE, false}, {"bank", FIELD_TEXT, ROLE_NONE, false},                          \
        {"bankaccount", FIELD_TEXT, ROLE_NONE, false}, {"invoicetype", FIELD_TEXT, ROLE_NONE, false},                  \
        {"addr", FIELD_TEXT, ROLE_NONE, false},                                                                        \
    {                                                                                                                  \
        "ignorewarn", FIELD_BOOLEAN, ROLE_NONE, false                                                                  \
    }

static const struct field customer_fields[] = {
    PARTY_FIELDS("contactpersons"),
    {"clevelid_id", FIELD_TEXT, ROLE_NONE, false},
};
static const struct field supplier_fields[] = {PARTY_FIELDS("bomentity")};

static const struct field bill_fields[] = {
    {"id", FIELD_TEXT, ROLE_ID, false},
    {"billno", FIELD_TEXT, ROLE_NUMBER, true},
    {"billdate", FIELD_TEXT, ROLE_NONE, true},
    {"billsource", FIELD_TEXT, ROLE_NONE, true},
    {"customerid_id", FIELD_TEXT, ROLE_NONE, true},
    {"empid_id", FIELD_TEXT, ROLE_NONE, false},
    {"remark", FIELD_TEXT, ROLE_NONE, false},
    {"bill_dis_amount", FIELD_DECIMAL, ROLE_NONE, false},
    {"totalamount", FIELD_DECIMAL, ROLE_NONE, false},
    {"material_entity", FIELD_ROWS, ROLE_NONE, false},
};

#define FIELDS(list) list, sizeof(list) / sizeof *(list)
const struct entity entities[ENTITIES] = {
    {"material", "materials", FIELDS(material_fields), "items", "S", {"name", "model", "parent_id", "baseunitid_id"}},
    {"store", "stores", FIELDS(store_fields), NULL, "W", {"name", "address"}},
    {"customer", "customers", FIELDS(customer_fields), "items", "S", {"name", "remark"}},
    {"supplier", "suppliers", FIELDS(supplier_fields), "items", "P", {"name", "remark"}},
    {"bill", "bills", FIELDS(bill_fields), NULL, "CK", {"billdate", "remark"}},
};
const struct entity *entity = entities;

void entity_use(enum entity_kind kind)
{
    entity = &entities[kind];
}

const char *entity_number(void)
{
    size_t i = 0;
    while (entity->fields[i].role != ROLE_NUMBER) {
        i++;
    }
    return entity->fields[i].name;
}

/* Where to find a name: index + 1; open addressing. */
static struct index {
    unsigned char slots[SLOTS], lengths[FIELDS_MAX];
} indexes[ENTITIES];

static void index_make(struct index *index)
{
    for (size_t i = 0; i < entity->count; i++) {
        size_t n = strlen(entity->fields[i].name);
        size_t at = dice_hash(entity->fields[i].name, n) % SLOTS;
        while (index->slots[at]) {
            at = (at + 1) % SLOTS;
        }
        index->slots[at] = (unsigned char)(i + 1);
        index->lengths[i] = (unsigned char)n;
    }
}

int field_find(const char *name, size_t length)
{
    struct index *index = &indexes[entity_kind()];
    if (index->lengths[0] == 0) {
        index_make(index);
    }
    for (size_t at = dice_hash(name, length) % SLOTS; index->slots[at]; at = (at + 1) % SLOTS) {
        int i = index->slots[at] - 1;
        if (index->lengths[i] == length && memcmp(entity->fields[i].name, name, length) == 0) {
            return i;
        }
    }
    return -1;
}

static bool all_of(const struct scan_value *array, enum scan_type type)
{
    struct scan s;
    struct scan_value v;
    scan_init(&s, array->raw, array->length);
    if (!scan_enter(&s, '[')) {
        return false;
    }
    while (scan_element(&s)) {
        if (!scan_value(&s, &v) || v.type != type) {
            return false;
        }
    }
    return true;
}

/* What rows of an array may have: strings but for the last `flags` members; the first `needed` are never empty. */
struct row_form {
    const char *known[10];
    unsigned count, needed, flags;
};

/* Objects of known members, each given once. */
static bool row_fits(struct scan *s, const struct row_form *form)
{
    struct scan_value name, value;
    unsigned seen = 0, filled = 0;
    if (!scan_enter(s, '{')) {
        return false;
    }
    while (scan_member(s, &name)) {
        unsigned k = 0;
        while (k < form->count && !scan_is(&name, form->known[k])) {
            k++;
        }
        enum scan_type wanted = k + form->flags >= form->count ? SCAN_BOOLEAN : SCAN_STRING;
        if (k == form->count || seen & 1U << k || !scan_value(s, &value) || value.type != wanted) {
            return false;
        }
        seen |= 1U << k;
        filled |= (unsigned)(value.length > 2) << k;
    }
    return (filled & ((1U << form->needed) - 1)) == (1U << form->needed) - 1;
}

static bool all_rows(const struct scan_value *array, const struct row_form *form, size_t least)
{
    struct scan s;
    size_t rows = 0;
    scan_init(&s, array->raw, array->length);
    if (!scan_enter(&s, '[')) {
        return false;
    }
    for (; scan_element(&s); rows++) {
        if (!row_fits(&s, form)) {
            return false;
        }
    }
    return !s.fault && rows >= least;
}

static const struct row_form persons = {{"id", "contactperson", "phone", "mobile", "email"}, 5, 0, 0};
static const struct row_form bill_rows = {
    {"materialid_id", "stockid_id", "unit_id", "qty", "price", "amount", "comment", "is_free"}, 8, 4, 1};

bool field_takes(int field, const struct scan_value *value)
{
    switch (entity->fields[field].kind) {
    case FIELD_BOOLEAN:
        return value->type == SCAN_BOOLEAN;
    case FIELD_INTEGER:
        return value->type == SCAN_NUMBER && value->integer;
    case FIELD_OBJECTS:
        return value->type == SCAN_ARRAY && all_of(value, SCAN_OBJECT);
    case FIELD_PERSONS:
        return value->type == SCAN_ARRAY && all_rows(value, &persons, 0);
    case FIELD_ROWS:
        return value->type == SCAN_ARRAY && all_rows(value, &bill_rows, 1);
    case FIELD_STRINGS:
        return value->type == SCAN_ARRAY && all_of(value, SCAN_STRING);
    default:
        return value->type == SCAN_STRING;
    }
}
