/* The folder of scheme_folder.h with an API file of the driver "soap" as its source. */
#ifndef DIANCHEN_TESTS_UNIT_SOAP_FOLDER_H
#define DIANCHEN_TESTS_UNIT_SOAP_FOLDER_H

#include "tests/unit/scheme_folder.h"

struct soap_folder_file { /* pieces of JSON; NULL = as below */
    const char *call, *auth, *reply, *paging, *params, *more, *tag;
};

#define SOAP_FOLDER_BODY                                                                                               \
    "\"body\": { \"q:Query\": { \"q:size\": \"{{size}}\", \"q:page\": \"{{page}}\", \"q:kind\": \"{{kind}}\","         \
    " \"q:no\": \"{{no}}\" } }"
#define SOAP_FOLDER_CALL "\"path\": \"/ws\", \"namespaces\": { \"q\": \"urn:q\" }"

static inline void soap_folder_write(const struct soap_folder_file *file)
{
    char text[8192];
    int size = snprintf(
        text, sizeof text,
        "{ \"name\": \"test.shops\", \"label\": \"shops\", \"driver\": \"soap\",\n"
        "  \"call\": %s,\n"
        "  \"auth\": %s,\n"
        "  \"reply\": %s,\n"
        "  \"pagination\": %s,\n"
        "  \"request\": { %s },\n"
        "%s"
        "  \"response\": {\n"
        "    \"no\": { \"label\": \"n\", \"type\": \"string\" }, \"name\": { \"label\": \"n\", \"type\": \"string\" "
        "},\n"
        "    \"tag\": %s,\n"
        "    \"closed\": { \"label\": \"c\", \"type\": \"string\" } } }\n",
        file->call ? file->call : "{ " SOAP_FOLDER_CALL ", " SOAP_FOLDER_BODY " }",
        file->auth ? file->auth : "{ \"kind\": \"none\" }",
        file->reply ? file->reply : "{ \"list\": \"/R/shops/shop\" }",
        file->paging ? file->paging
                     : "{ \"by\": \"page\", \"size\": \"size\", \"number\": \"page\", \"first\": 1, \"maxSize\": 100 }",
        file->params ? file->params
                     : "\"size\": { \"label\": \"s\" }, \"page\": { \"label\": \"p\" }, \"kind\": { \"label\": \"k\" },"
                       " \"no\": { \"label\": \"n\" }",
        file->more ? file->more : "", file->tag ? file->tag : "{ \"label\": \"t\", \"type\": \"array\" }");
    assert_in_range(size, 1, sizeof text - 1);
    folder_write(FILE_SOURCE, text, (size_t)size);
}

#endif
