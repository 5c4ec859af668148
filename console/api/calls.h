/* The functions that serve the operations of table.c, by noun. Each runs on the thread of its connection and may block. It fills in
 * the answer from the request, and returns 0, what answer_problem returned, or an error of the store; the server sends the answer. */
#ifndef DIANCHEN_CONSOLE_API_CALLS_H
#define DIANCHEN_CONSOLE_API_CALLS_H

#include "console/serve/request.h"

typedef int call_fn(struct api_request *request, struct api_answer *answer);

/* login.c */
call_fn session_open, session_show, session_close, health_show, document_show, audit_list;
/* status.c */
call_fn status_show, jobs_list;
/* schemes.c */
call_fn schemes_list, schemes_show, schemes_preview;
/* apis.c */
call_fn apis_list, apis_show, sources_read, lookups_list;
/* files.c */
call_fn apis_save, apis_new, apis_remove;
/* connections.c */
call_fn connections_list, connections_check, connections_set;
/* folder.c */
call_fn schemes_new, schemes_remove;
/* drafts.c */
call_fn drafts_look, drafts_run;
/* versions.c */
call_fn schemes_save, versions_list, versions_show;
/* table_files.c */
call_fn tables_show, tables_save;
/* formulas.c */
call_fn functions_list, formulas_eval;
/* runs.c */
call_fn runs_list, runs_show, runs_page, runs_start, runs_stop, runs_resume, runs_abandon;
/* inbox.c */
call_fn hooks_take, records_push;
/* records.c */
call_fn records_list, records_show;
/* rejects.c */
call_fn rejects_list, rejects_reasons, rejects_show, rejects_csv, rejects_replay, rejects_close;

#endif
