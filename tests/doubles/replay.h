/* Replays recorded calls (docs/cassettes.md): a call gets the reply of the cassette that fits it best, each cassette once
 * before any comes again. Shared by both doubles. */
#ifndef DOUBLES_REPLAY_H
#define DOUBLES_REPLAY_H

#include "server.h"
#include "switches.h"

struct replay_settings {
    char folder[SWITCH_TEXT_ROOM];
};
extern struct replay_settings replay_settings;

#define REPLAY_SWITCHES                                                                                                \
    {                                                                                                                  \
        "replay", SWITCH_TEXT, replay_settings.folder, "", NULL,                                                       \
            "a folder of recorded calls, which are answered as they were; one that was not recorded gets HTTP 404"     \
    }

struct replay_count {
    int64_t replayed, unknown;
};
extern struct replay_count replay_count;

/* Reads the folder when the switch has changed; ends the program with 2 and a line where a file is no cassette. */
void replay_changed(void);
bool replay_is_on(void);
/* Answers the call. `form`: query and body merged, for calls that are forms: all of it must be as recorded but what is
 * different in each call (time, signature) or wiped. NULL: the path counts,
 * and of several with that path the one that asks for the same ids, numbers and pages. */
void replay_answer(struct call *call, const struct form *form);
void replay_fini(void);

#endif
