// Every word of the page, in both languages.
const WORDS = {
  overview: ["Overview", "概览"], mapping: ["Mapping", "映射"], runs: ["Runs", "运行"], rejects: ["Rejects", "拒收"],
  records: ["Find a record", "查单"], audit: ["Audit", "操作记录"], api: ["API", "接口文档"],
  skip: ["Skip to the content", "跳到正文"], menu: ["Main menu", "主菜单"], logout: ["Log out", "退出"],
  theme: ["Light or dark", "浅色或深色"], language: ["中文", "English"], connected: ["live", "实时"], lost: ["connecting…", "正在连接…"],
  admin: ["admin", "管理员"], "read-only": ["read only", "只读"], none: ["none", "无"], empty: ["empty", "空"],
  cancel: ["Cancel", "取消"], close: ["Close", "关闭"], more: ["Show more", "更多"], refresh: ["Refresh", "刷新"], search: ["Search", "查询"],
  loading: ["Loading…", "加载中…"], failed_load: ["This could not be loaded", "加载失败"], again: ["Try again", "重试"], all: ["all", "全部"],

  login_title: ["Sign in", "登录"], login_text: ["Open the link that the console printed at its start, or enter a token or the password here.", "请打开控制台启动时打印的链接，或在此输入令牌或密码。"],
  login_how: ["A token is made by", "令牌由以下命令生成"], token: ["Token or password", "令牌或密码"], login: ["Sign in", "登录"], signing_in: ["Signing in…", "正在登录…"],

  tagline: ["What flows from the source into the target, and what needs you.", "数据从源到目标的流动，以及需要您处理的事项。"],
  rejects_open: ["Open rejects", "未处理拒收"], last_run: ["Last run", "最近运行"], records_last: ["Records seen", "读取记录"], rate_now: ["Records per second", "每秒记录数"],
  nothing_open: ["nothing to do", "无需处理"], needs_you: ["need a look", "需要查看"], idle: ["idle", "空闲"], written: ["created or updated", "新建或更新"],
  flow: ["Flow", "数据流"], source: ["Source", "源"], extractor: ["Extract", "抽取"], transformer: ["Transform", "转换"], loader: ["Load", "写入"], target: ["Target", "目标"],
  per_second: ["{n}/s", "{n} 条/秒"], queued: ["{n} in flight", "{n} 条在途"], no_worker: ["no worker", "未启动"], workers: ["{n} at work", "{n} 个进程"], ready_workers: ["{n} ready", "{n} 个就绪"], limits: ["limits", "瓶颈"],
  no_stage: ["No stage answers: no service runs on this host, and no run goes on.", "没有进程响应：本机没有服务在运行，也没有正在进行的运行。"],
  schemes: ["Schemes", "方案"], every: ["every {n}", "每 {n}"], by_clock: ["by the clock: {n}", "按时刻：{n}"], no_schedule: ["no schedule", "无计划"], never_ran: ["never ran", "尚未运行"],
  fault: ["fault", "有错误"], held: ["stopped by {who}", "已由 {who} 停止"], run_now: ["Run now", "立即运行"], dry_run: ["Dry run", "试运行"], stop: ["Stop", "停止"], resume: ["Resume", "继续"],
  abandon: ["Abandon", "放弃"], open_mapping: ["Mapping", "映射"], show_run: ["Run {n}", "运行 {n}"],

  state_open: ["running", "进行中"], state_finished: ["finished", "已完成"], state_abandoned: ["abandoned", "已放弃"], state_failed: ["failed", "失败"],
  state_incomplete: ["incomplete", "不完整"], state_rejects: ["with rejects", "有拒收"],
  created: ["created", "新建"], updated: ["updated", "更新"], unchanged: ["unchanged", "未变"], filtered: ["filtered", "过滤"], rejected: ["rejected", "拒收"], repeated: ["repeated", "重复"], pending: ["pending", "待定"],

  runs_text: ["What each run read, wrote and refused.", "每次运行读取、写入和拒收的数据。"], run: ["Run", "运行"], scheme: ["Scheme", "方案"], state: ["State", "状态"], started: ["Started", "开始"], took: ["Took", "用时"],
  seen: ["Seen", "读取"], outcome: ["Outcome", "结果"], kind: ["Kind", "类型"], kind_sync: ["run", "运行"], kind_replay: ["replay", "重发"], vanished: ["Not at the source any more", "来源已无"], kind_vanished: ["vanished", "来源已无"], kind_pushed: ["pushed", "推送"], kind_run: ["run", "运行"], kind_dry: ["dry run", "试运行"],
  no_runs: ["No run yet.", "还没有运行。"], no_runs_more: ["Start one: a dry run writes nothing.", "可先开始一次试运行，不会写入任何数据。"],
  start_run: ["Start a run", "开始运行"], what: ["What", "内容"], where: ["Where", "位置"], here: ["on this host, with stages of its own", "在本机，由专用进程执行"], service: ["by the services, at once", "由服务立即执行"],
  limit: ["Only the first", "仅前"], limit_hint: ["records; empty = all", "条；留空为全部"], kind_run_long: ["Run: reads, maps and writes", "运行：读取、转换并写入"], kind_dry_long: ["Dry run: counts what it would do, writes nothing", "试运行：统计将要执行的操作，不写入"],
  start: ["Start", "开始"], run_started: ["Started", "已开始"], service_started: ["The services begin at once", "服务将立即开始"],
  started_here: ["Started from this console", "由控制台启动"], running: ["running", "进行中"], ended: ["ended", "已结束"], code: ["exit code {n}", "退出码 {n}"],
  would: ["It would create {c}, update {u}, reject {r} and leave {n} as they are.", "将新建 {c}、更新 {u}、拒收 {r}，其余 {n} 条不变。"],
  progress: ["Progress", "进度"], pages_of: ["{n} of {m} pages", "{n} / {m} 页"], proof: ["Proof that all was read", "读取完整性证明"], proof_total: ["as many records as the source told", "与源端总数一致"], "proof_empty page": ["read up to an empty page", "读到空页为止"], proof_none: ["not complete", "不完整"],
  speed: ["Speed", "速度"], source_total: ["The source told", "源端总数"], reasons: ["Refused here last, by reason", "最近在此运行中拒收（按原因）"], unit_ms: ["ms", "毫秒"], unit_s: ["s", "秒"], unit_min: ["min", "分钟"], unit_h: ["h", "小时"], slowest: ["Slowest pages", "最慢的页"], page: ["Page", "页"], slice: ["Slice", "分片"], time: ["Time", "时间"], rows: ["Records", "记录"],
  report_file: ["Report with charts", "带图表的报告"], report_wait: ["The report is being made…", "正在生成报告…"], cause: ["Why it stands still", "停止原因"], no_rejects_run: ["This run refused nothing.", "此次运行没有拒收。"],
  stop_title: ["Stop this run?", "停止此次运行？"], stop_text: ["What is on the wire is finished first. The run can be resumed at the page where it stopped.", "在途数据会先处理完。之后可从停止处继续。"],
  abandon_title: ["Abandon this run?", "放弃此次运行？"], abandon_text: ["What it wrote stays. It can't be resumed; the next run begins anew.", "已写入的数据保留。此运行不能再继续，下次将重新开始。"],
  stopped: ["It stops within seconds", "几秒内停止"], resumed: ["It goes on", "已继续"], abandoned: ["Abandoned", "已放弃"], no_report: ["The report is written when the run is over.", "运行结束后生成报告。"], back: ["Back", "返回"],

  rejects_text: ["Records that were refused, grouped by reason. Mend them at the source or in the scheme, then send them again.", "拒收的记录，按原因分组。在源端或方案中修正后重发。"],
  no_rejects: ["Nothing is refused.", "没有拒收。"], no_rejects_more: ["Every record that was read is in the target, or was filtered.", "已读取的记录均已写入目标或被过滤。"],
  groups: ["Reasons", "原因"], every_reason: ["All reasons", "所有原因"], key: ["Key", "主键"], number: ["Number", "编码"], message: ["Message", "信息"], attempts: ["Attempts", "次数"], first_time: ["First", "首次"], last_time: ["Last", "最近"],
  class: ["Class", "类别"], reject_code: ["Code", "代码"], source_record: ["Record of the source", "源记录"], payload: ["Payload", "写入数据"], replay_one: ["Send again", "重发"], replay_group: ["Send this group again", "重发此组"], replay_all: ["Send all again", "全部重发"],
  csv: ["CSV", "导出 CSV"], find_key: ["Key or number", "主键或编码"], replay_title: ["Send again?", "重发？"], replay_text: ["Each record is fetched anew from the source, mapped with the scheme as it is now, and written.", "每条记录将从源端重新读取，按当前方案转换并写入。"], replay_started: ["They are being sent again", "正在重发"],
  close_one: ["Close", "关闭"], close_group: ["Close this group", "关闭此组"], close_title: ["Close?", "关闭？"], close_text: ["They leave this list, and are not written. A record that changes, and is refused again, is listed again.", "将从此列表移除，不会写入。记录变化后再次被拒收时会重新列出。"], closed_n: ["{n} closed", "已关闭 {n} 条"], closed_ones: ["Closed ones", "已关闭的"], closed_time: ["Closed", "关闭时间"],
  no_payload: ["It never became a payload.", "未生成写入数据。"], choose_reject: ["Choose a record to see what was sent and what came back.", "选择一条记录查看详情。"], not_replayable: ["This source can't be asked for single records: the next run sends them.", "此源不支持按主键查询：下次运行会发送。"],

  records_text: ["What the target holds, and how it came there.", "目标中的数据及其来源。"], find_record: ["Key, number or id in the target", "主键、编码或目标 ID"], no_records: ["No such record was ever seen.", "没有找到该记录。"], no_records_more: ["Write the whole key, number or id.", "请输入完整的主键、编码或 ID。"], target_id: ["Id in the target", "目标 ID"], last_seen: ["Last seen in", "最近出现于"],
  newest_records: ["Records of the ledger", "台账记录"], way: ["The way of the record", "记录轨迹"], step_read: ["Read from {source}", "从 {source} 读取"], step_read_more: ["slice {slice}, page {page}, with {rows} records", "分片 {slice}，第 {page} 页，共 {rows} 条"],
  step_outcome: ["Outcome", "结果"], step_held: ["In the target {target}", "目标 {target} 中"], step_not_held: ["Not in the target", "目标中没有"], step_replay: ["Sent again in run {run}", "在运行 {run} 中重发"], returned: ["the source returned it", "源端已返回"], not_returned: ["the source did not return it", "源端未返回"],
  adopted: ["it stood there before", "之前已存在"], step_claim: ["A call is under way", "正在写入"], step_claim_more: ["{op}; settled in {n} at most", "{op}；最多 {n} 后确认"], page_times: ["Where the page's time went", "该页耗时分布"],
  fetch: ["fetch", "读取"], queue: ["queue", "排队"], map: ["map", "转换"], wait: ["wait", "等待"], write: ["write", "写入"], commit: ["commit", "提交"],

  schemes_text: ["How a record of the source becomes one of the target.", "源记录如何转换为目标数据。"], no_schemes: ["There is no scheme in this folder.", "此文件夹中没有方案。"], field: ["Target field", "目标字段"], value: ["Value", "取值"], result: ["Result", "结果"], required: ["required", "必填"],
  kind_field: ["field", "字段"], kind_env: ["variable", "变量"], kind_constant: ["constant", "常量"], kind_formula: ["formula", "公式"], kind_template: ["text", "拼接"], kind_rows: ["rows", "明细"], filter_fields: ["Filter fields", "筛选字段"], only_mapped: ["only those with a value", "仅显示已取值"],
  fetch_records: ["Fetch records of the source", "读取源记录"], fetching: ["Asking the source…", "正在读取源数据…"], records_of_source: ["Records of the source", "源记录"], choose_record: ["Fetch records to see what becomes of them, field by field.", "读取源记录，逐字段查看转换结果。"], becomes: ["becomes", "转换为"],
  outcome_payload: ["is written", "将写入"], outcome_filtered: ["is filtered", "被过滤"], outcome_rejected: ["is rejected", "拒收"], try_formula: ["Try a formula", "试算公式"], try_hint: ["Begins with =. Names are fields of the source; the result is that of the chosen record.", "以 = 开头。名称为源字段，结果按所选记录计算。"],
  no_value: ["left out", "不写入"], fields_count: ["{n} of {m} fields have a value", "{m} 个字段中 {n} 个有值"], functions: ["Functions", "函数"], column: ["column {n}", "第 {n} 列"], type: ["Type", "类型"], label: ["Label", "名称"],

  connections: ["Connections", "连接"], connections_text: ["Which settings stand where this console runs, and whether everything answers. What they say is never shown.", "控制台所在环境中有哪些设置，以及各方是否正常应答。设置内容不会显示。"], test_connections: ["Test the connections", "测试连接"], last_check: ["Last test", "最近一次测试"], never_checked: ["Not tested yet since the console's start.", "控制台启动后尚未测试。"], asking: ["Asking store, source and target…", "正在询问存储、源和目标…"],
  all_answer: ["all answer", "全部正常"], some_fail: ["something fails", "有异常"], check_ok: ["ok", "正常"], check_fail: ["fails", "失败"], part_store: ["Store", "存储"], part_scheme: ["Scheme", "方案"], part_source: ["Source", "源"], part_target: ["Target", "目标"], part_alert: ["Group robot", "群机器人"], state_of_set: ["set", "已设置"], state_of_default: ["default", "默认"], state_of_unset: ["not set", "未设置"], kept_secret: ["secret, never shown", "密钥，不显示"], write_setting: ["Set", "设置"], other_settings: ["{kind} for APIs of another kind", "{kind} 用于其他类型的接口"], write_setting_text: ["Written into the env file here, and never shown again. Empty takes it out. What runs as a service takes it at its next start.", "写入此处的 env 文件，之后不再显示。留空则删除。作为服务运行的程序下次启动时生效。"], setting_written: ["Written.", "已写入。"],
  edit: ["Edit", "编辑"], take: ["Take over", "确定"], undo: ["Undo", "撤销"], redo: ["Redo", "重做"], discard: ["Discard", "放弃修改"], review: ["Review and save", "检查并保存"], save: ["Save", "保存"], saved: ["Saved. Runs that begin from now on use it; services read it when they are restarted.", "已保存。此后开始的运行使用新方案；服务重启后读取。"],
  changes: ["Changes: {n}", "修改：{n}"], changes_label: ["What is not saved yet", "尚未保存的修改"], faults: ["Faults: {n}", "错误：{n}"], tests: ["Tests of the scheme", "方案的测试"], tests_failed: ["{n} of {m} tests fail", "{m} 个测试中 {n} 个失败"], tests_passed: ["{n} tests pass", "{n} 个测试通过"],
  discard_title: ["Discard your changes?", "放弃您的修改？"], discard_text: ["The scheme stays as it is saved.", "方案保持已保存的内容。"], review_title: ["Before you save", "保存前确认"], difference: ["What changes in the file", "文件的变化"], no_difference: ["Nothing differs.", "没有差异。"], line: ["line {n}", "第 {n} 行"], line_added: ["added", "新增"], line_removed: ["removed", "删除"],
  would_create: ["Would be created", "将新建"], would_update: ["Would be updated", "将更新"], the_first: ["(the first {n} are shown)", "（显示前 {n} 条）"], fields: ["Fields", "字段"],
  would_do: ["What it would do in the target", "将在目标中做什么"], before: ["Before", "之前"], after_: ["After", "之后"], meanwhile: ["Somebody changed the scheme meanwhile, not on this console.", "此方案同时被他人修改（不在此控制台上）。"], meanwhile_by: ["{who} saved this scheme meanwhile.", "{who} 同时保存了此方案。"], theirs: ["What they changed", "对方的修改"], keep_both: ["Make my changes in theirs", "在对方版本上应用我的修改"], discard_mine: ["Take theirs, discard mine", "采用对方版本，放弃我的修改"],
  history: ["History", "历史"], history_text: ["Each text that was saved here, and how it differs from the one before.", "在此保存的每个版本，以及与前一版本的差异。"], version: ["Version {n}", "版本 {n}"], version_: ["Version", "版本"], lines: ["Lines", "行数"], elsewhere: ["outside the console", "控制台之外"], put_back: ["Put back", "恢复此版本"], put_back_title: ["Put this version back?", "恢复此版本？"], put_back_text: ["It is saved as the newest version; what came since stays in the history.", "它将保存为最新版本；之后的版本仍保留在历史中。"], whole_text: ["The whole text", "完整文本"], no_versions: ["Nothing was saved here yet.", "还没有在此保存过。"], no_versions_more: ["The first save keeps the text that stood there before, too.", "首次保存时也会保留原有文本。"],
  keep_test: ["Keep this record as a test", "将此记录存为测试"], keep_test_text: ["What becomes of this record now is what the test will want.", "测试将以此记录当前的结果为准。"], test_name: ["Name of the test", "测试名称"], keep: ["Keep", "保留"], test_kept: ["Kept. It is saved with the scheme.", "已保留，随方案一起保存。"], no_tests: ["This scheme has no tests yet.", "此方案还没有测试。"],
  csv_out: ["Export CSV", "导出 CSV"], csv_in: ["Import CSV", "导入 CSV"], csv_none: ["The file is no table: two columns are wanted, key and value, in at most 512 KiB.", "文件不是对照表：应有键和取值两列，不超过 512 KiB。"],
  next_run: ["next run {n}", "下次运行 {n}"], waiting_n: ["{n} sent by other systems wait for a run", "{n} 条由其他系统推送，等待写入"],
  new_api: ["New API file", "新建接口文件"], new_api_text: ["A source is made from a reply of it: paste one, and its records, fields and types are read off. Or begin with a copy.", "粘贴源接口的一个响应，即可从中读出记录、字段与类型；也可以从复制开始。"], api_name: ["Name of the API, as the platform calls it", "接口名称（平台所用）"], made_from: ["Made from", "来自"], from_sample: ["a sample of the reply", "响应样本"], sample: ["A reply of the API, as JSON", "接口的响应（JSON）"], make_it: ["Make it", "新建"],
  api_edit: ["Edit the file", "编辑文件"], api_edit_text: ["It is saved when neither it nor a scheme that uses it has a fault.", "文件与使用它的方案都没有错误时才会保存。"], remove_api: ["Remove the file", "移除文件"], remove_api_text: ["{name}: its text stays in the history.", "{name}：文本保留在历史中。"], api_removed: ["Removed", "已移除"], fields_unknown: ["Fields that the file lacks: {n}", "文件中没有的字段：{n}"], fields_unknown_text: ["The API gave them. One that is added can be mapped.", "接口返回了它们；添加之后即可映射。"], field_added: ["{name} is added", "已添加 {name}"],
  name: ["Name", "名称"], look_asking: ["Asking the target…", "正在查询目标系统…"], lookups: ["Lists of the target", "目标系统的列表"], lookups_text: ["Ids that nobody knows by heart: found by number or name.", "按编码或名称查找目标系统中的 ID。"], lookup_find: ["Id, number or name", "ID、编码或名称"], look_up: ["Look up", "查询"], lookup_none: ["The target has none like that.", "目标系统中没有。"], pick_from: ["Choose from {name}", "从 {name} 中选择"], choose: ["Choose", "选择"],
  tables: ["Tables", "对照表"], no_tables: ["This scheme has no tables.", "此方案没有对照表。"], table_key: ["Key", "键"], table_users: ["Also used by: {names}", "其他使用此文件的方案：{names}"], not_saved: ["not saved yet", "尚未保存"], load_anew: ["Load anew", "重新载入"], rows_shown: ["{n} of {m} rows", "显示 {n} / {m} 行"], filter_rows: ["Filter rows", "筛选行"], add_row: ["Add a row", "添加行"], csv_no_columns: ["The file is no table: two or more columns are wanted, named in its first line, in at most 1 MiB.", "文件不是对照表：应有两列或更多列，首行为列名，不超过 1 MiB。"], add: ["Add", "添加"], remove: ["Remove", "删除"],

  new_scheme: ["New scheme", "新建方案"], new_scheme_text: ["A copy of a scheme, to be changed. Its name is that of its own ledger; it has no schedule.", "复制一个方案再修改。台账按名称区分；副本没有计划任务。"], copy_of: ["Copy of", "复制自"], scheme_name: ["Name of the scheme", "方案名称"], scheme_file: ["File (without .json)", "文件名（不含 .json）"], make_copy: ["Make it", "新建"], remove_scheme: ["Remove", "移除"], remove_title: ["Remove this scheme?", "移除此方案？"], remove_text: ["The file of {name} is taken away. What it moved stays in the ledger, its text in the history: a new scheme under the same file name finds it there.", "将移除 {name} 的方案文件。已写入的数据留在台账中，方案文本留在历史中：以同一文件名新建的方案可在历史中找到它。"], scheme_removed: ["The scheme was removed.", "方案已移除。"],
  apis: ["API files", "接口"], api_field: ["Field", "字段"], apis_text: ["The APIs that schemes are made of. A source can be called here, and by other programs, whatever form its service has.", "组成方案的各个接口。源接口可在此处或由其他程序调用，无论原服务是何种形式。"], no_apis: ["There is no API file in this folder.", "此文件夹中没有接口文件。"], fields_n: ["{n} fields", "{n} 个字段"], secret: ["secret", "保密"],
  call_title: ["Call it", "调用"], call_text: ["One real call that changes nothing. Fields marked as secret show as ***.", "一次不改动数据的真实调用。标为保密的字段显示为 ***。"], call_api: ["Call", "调用"], no_records_came: ["No record came.", "没有返回记录。"], record_n: ["Record {n}", "记录 {n}"], next_page: ["Next page", "下一页"], same_by_curl: ["The same by another program:", "其他程序的相同调用："], response_fields: ["What it gives", "返回字段"], request_fields: ["What it takes", "请求参数"],
  audit_text: ["Who did what here.", "谁做了什么。"], who: ["Who", "用户"], did: ["What", "操作"], subject: ["On what", "对象"], after: ["Details", "详情"], no_audit: ["Nothing was done yet.", "还没有操作。"],
  did_scheme_save: ["saved a scheme", "保存方案"], did_table_save: ["saved a table", "保存对照表"], did_run_start: ["started a run", "开始运行"], did_run_stop: ["stopped a run", "停止运行"], did_run_resume: ["resumed a run", "继续运行"], did_run_abandon: ["abandoned a run", "放弃运行"], did_rejects_replay: ["sent rejects again", "重发拒收记录"], did_api_new: ["made an API file", "新建接口文件"], did_api_save: ["saved an API file", "保存接口文件"], did_api_remove: ["took an API file away", "移除接口文件"], did_rejects_close: ["closed rejects", "关闭拒收记录"], did_scheme_new: ["made a scheme", "新建方案"], did_scheme_remove: ["took a scheme away", "移除方案"], did_connection_set: ["wrote a setting", "写入设置"], did_token_new: ["made a token", "新建令牌"], did_token_remove: ["removed a token", "删除令牌"],
  api_text: ["Everything that this page does, other programs can do. Each call is made with a token.", "此页面的所有功能都可由其他程序调用。每次调用需提供令牌。"], parameters: ["Parameters", "参数"], body: ["Body", "请求体"], answer: ["Answer", "响应"], anybody: ["anybody", "任何人"], example: ["Example", "示例"],
};

let current = localStorage.getItem("language") || ((navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en");
export const language = () => current;
// `keep`: a person chose it; else it is the browser's.
export function languageSet(name, keep) {
  current = name;
  if (keep) localStorage.setItem("language", name);
  document.documentElement.lang = name === "zh" ? "zh-CN" : "en";
}
export const known = (key) => key in WORDS;
export function t(key, values) {
  const pair = WORDS[key];
  const text = pair ? pair[current === "zh" ? 1 : 0] : key;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole)) : text;
}
