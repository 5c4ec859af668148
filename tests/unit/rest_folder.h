/* The folder of scheme_folder.h with an API file of the driver "rest" as its source. */
#ifndef DIANCHEN_TESTS_UNIT_REST_FOLDER_H
#define DIANCHEN_TESTS_UNIT_REST_FOLDER_H

#include "tests/unit/scheme_folder.h"

struct rest_folder_file { /* pieces of JSON; NULL = as below */
    const char *call, *auth, *reply, *paging, *params, *more;
};

static inline void rest_folder_write(const struct rest_folder_file *file)
{
    char text[8192];
    int size = snprintf(
        text, sizeof text,
        "{ \"name\": \"test.shops\", \"label\": \"shops\", \"driver\": \"rest\",\n"
        "  \"call\": %s,\n"
        "  \"auth\": %s,\n"
        "  \"reply\": %s,\n"
        "  \"pagination\": %s,\n"
        "  \"request\": { %s },\n"
        "%s"
        "  \"response\": {\n"
        "    \"no\": { \"label\": \"n\", \"type\": \"string\" }, \"name\": { \"label\": \"n\", \"type\": \"string\" "
        "},\n"
        "    \"closed\": { \"label\": \"c\", \"type\": \"string\" } } }\n",
        file->call ? file->call : "{ \"path\": \"/v1/shops\" }", file->auth ? file->auth : "{ \"kind\": \"none\" }",
        file->reply ? file->reply : "{}",
        file->paging ? file->paging
                     : "{ \"by\": \"page\", \"size\": \"size\", \"number\": \"page\", \"first\": 1, \"maxSize\": 100 }",
        file->params ? file->params
                     : "\"size\": { \"label\": \"s\" }, \"page\": { \"label\": \"p\" }, \"kind\": { \"label\": \"k\" },"
                       " \"no\": { \"label\": \"n\" }, \"from\": { \"label\": \"f\" }, \"to\": { \"label\": \"t\" },"
                       " \"on\": { \"label\": \"o\", \"type\": \"boolean\" }",
        file->more ? file->more : "");
    assert_in_range(size, 1, sizeof text - 1);
    folder_write(FILE_SOURCE, text, (size_t)size);
}

#endif
