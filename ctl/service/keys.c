/* `dianchen keys new`: the keys of a link between hosts. */
#include <stdio.h>
#include <string.h>

#include "common/base/print.h"
#include "common/link/keys.h"
#include "common/log/log.h"
#include "ctl/command/table.h"

static const char *folder;
static const struct config_option options[] = {
    OPT_SETTING(LINK_KEY_DIR, folder, .help = "the folder, where no DIR is given"),
};
static const char *const operands[] = {"new", "[DIR]", NULL};
const struct config_program keys_program = COMMAND_PROGRAM(
    "keys new [DIR]",
    "Makes a key set for the links of one installation: server.secret, server.public, client.secret, client.public\n"
    "and clients.allow, the list of the clients that are let in. Nothing that stands there is overwritten.",
    options, .operands = operands, .operand_most = 2);

int keys_serve(char **words, size_t count)
{
    if (count == 0 || strcmp(words[0], "new") != 0) {
        print_line(stderr, "dianchen: keys: what is wanted? usage: %s", keys_program.synopsis);
        return EXIT_USAGE;
    }
    const char *dir = count == 2 ? words[1] : folder;
    struct cause cause;
    int error = link_keys_new(dir, &cause);
    if (error != 0) {
        return log_fatal(&cause, error == ERR_INPUT ? EXIT_USAGE : EXIT_REFUSED);
    }
    print_line(
        stdout,
        "%s: copy this folder to every host of the installation, and name it there in LINK_KEY_DIR (default: %s).", dir,
        config_settings[SETTING_LINK_KEY_DIR].fallback);
    print_line(stdout,
               "A host needs no more than: an extractor server.secret and clients.allow, a loader client.secret and "
               "server.public, a transformer all four.");
    return EXIT_COMPLETE;
}
