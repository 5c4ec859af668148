/* `dianchen keys new`: the keys of a link between hosts. */
#include <stdio.h>
#include <string.h>

#include "common/link_keys.h"
#include "common/log.h"
#include "ctl/command.h"

int command_keys(int argc, char **argv)
{
    const char *dir = NULL;
    const struct config_option options[] = {
        {NULL, "LINK_KEY_DIR", CONFIG_TEXT, LINK_KEY_DIR_DEFAULT, true, "the folder, where no DIR is given", &dir, 0,
         0},
    };
    static const char *const names[] = {"new", "[DIR]", NULL};
    const struct config_program program = {
        "dianchen",
        "dianchen keys new [DIR]",
        "Makes a key set for the links of one installation: server.secret, server.public, client.secret, "
        "client.public\n"
        "and clients.allow, the list of the clients that are let in. Nothing that stands there is overwritten.",
        options,
        sizeof options / sizeof *options,
        names};
    char **words = NULL;
    size_t count = 0;
    int exit_code = EXIT_COMPLETE;
    if (command_read(&program, argc, argv, 2, &words, &count, &exit_code) != 0) {
        return exit_code;
    }
    if (count == 0 || strcmp(words[0], "new") != 0) {
        fprintf(stderr, "dianchen: keys: what is wanted? usage: %s\n", program.synopsis);
        return EXIT_USAGE;
    }
    if (count == 2) {
        dir = words[1];
    }
    struct cause cause;
    int error = link_keys_new(dir, &cause);
    if (error != 0) {
        return log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
    printf("%s: copy this folder to every host of the installation, and name it there in LINK_KEY_DIR (default: %s).\n"
           "A host needs no more than: an extractor server.secret and clients.allow, a loader client.secret and "
           "server.public, a transformer all four.\n",
           dir, LINK_KEY_DIR_DEFAULT);
    return EXIT_COMPLETE;
}
