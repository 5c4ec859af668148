/* The types that bodies and answers of the API use by a name. */
#include "console/api/operation.h"

const struct named_type named_types[] = {
    {"Taken", "{taken:int waiting:int}"},
    {"Visitor", "{name:text role:(admin|read-only)}"},
    {"Progress", "{pages_done:int pages:int records:int rejects:int}"},
    {"Report",
     "{run:int scheme:text state:text complete:flag source_total:int~ pages:int seen:int created:int updated:int "
     "unchanged:int filtered:int rejected:int repeated:int seconds:number records_per_second:int "
     "proof:(total|empty page|none) ...}"},
    {"Run", "{id:int scheme:text source:text target:text~ state:(open|finished|abandoned|failed|unknown) "
            "kind:(sync|replay|vanished|pushed) "
            "limit:int~ source_total:int~ started:time ended:time~ cause:text~ report:Report~}"},
    {"Scheme", "{file:text name:text fault:text~ source_api:text target_api:text every:int at:text~ replays:flag}"},
    {"Status",
     "{schemes:[{file:text name:text fault:text~ source_api:text target_api:text every:int at:text~ replays:flag "
     "held_by:text~ waiting:int run:Run~ next:time~ progress:Progress~}] rejects_open:int}"},
    {"Job", "{id:int kind:(run|dry|replay) scheme:text state:(running|ended) code:int~ said:text report:Report~}"},
    {"Record", "{id:int scheme:text key:text number:text target_id:text~ run:int "
               "outcome:(pending|created|updated|unchanged|filtered|rejected) held:flag}"},
    {"Reject",
     "{id:int run:int scheme:text key:text number:text class:text code:text message:text attempts:int first:time "
     "last:time closed?:time}"},
    {"Known",
     "{source:text target:text scheme:text number:text target_id:text~ outcome:text run:int held:flag adopted:flag "
     "claim?:object reject?:object page?:object ...}"},
    {"Check", "{at:time ok:flag checks:[{ok:flag part:text text:text}]}"},
    {"Fault", "{message:text warning:flag path:text~ line:int~ column:int~}"},
    {"Line", "{kind:(same|added|removed|gap) line:int text:text}"},
    {"Version", "{id:int at:time who:text~ added:int removed:int}"},
    {"Problem", "{type:text code:text status:int detail:text cure?:text path?:text line?:int column?:int}"},
    {NULL, NULL},
};
