#include "fields.h"

#include "dice.h"

enum { SLOTS = 256 };

const struct field material_fields[FIELD_COUNT] = {
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

int field_find(const char *name, size_t length)
{
    static unsigned char slots[SLOTS], lengths[FIELD_COUNT]; /* index + 1; open addressing */
    if (lengths[0] == 0) {
        for (size_t i = 0; i < FIELD_COUNT; i++) {
            size_t n = strlen(material_fields[i].name);
            size_t at = dice_hash(material_fields[i].name, n) % SLOTS;
            while (slots[at]) {
                at = (at + 1) % SLOTS;
            }
            slots[at] = (unsigned char)(i + 1);
            lengths[i] = (unsigned char)n;
        }
    }
    for (size_t at = dice_hash(name, length) % SLOTS; slots[at]; at = (at + 1) % SLOTS) {
        int i = slots[at] - 1;
        if (lengths[i] == length && memcmp(material_fields[i].name, name, length) == 0) {
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

bool field_takes(int field, const struct scan_value *value)
{
    switch (material_fields[field].kind) {
    case FIELD_BOOLEAN:
        return value->type == SCAN_BOOLEAN;
    case FIELD_INTEGER:
        return value->type == SCAN_NUMBER && value->integer;
    case FIELD_OBJECTS:
        return value->type == SCAN_ARRAY && all_of(value, SCAN_OBJECT);
    case FIELD_STRINGS:
        return value->type == SCAN_ARRAY && all_of(value, SCAN_STRING);
    default:
        return value->type == SCAN_STRING;
    }
}
