// Runs: the history, one of them, and what was started from here.
import { download, get, query } from "/api.js";
import { act, place } from "/app.js";
import { button, duration, empty, fill, h, moment, number, pill, toast } from "/dom.js";
import { abandonRun, fact, fullTime, head, moreButton, outcomeBar, outcomeList, progressBar, resumeRun, runDialog, statePill, stopRun, table } from "/parts.js";
import { language, t } from "/words.js";

function runRow(run) {
  const report = run.report;
  return h("tr", {},
    h("td", {}, h("a", { href: `#/runs/${run.id}` }, run.id)),
    h("td", {}, run.scheme), h("td", {}, statePill(run)), h("td", {}, t(`kind_${run.kind}`), run.limit ? ` · ${number(run.limit)}` : ""),
    h("td", {}, moment(run.started)), h("td", { class: "figure" }, report ? duration(report.seconds) : "–"),
    h("td", { class: "figure" }, report ? number(report.seen) : "–"), h("td", { class: "wide" }, report ? outcomeBar(report) : "–"));
}

function jobRow(job) {
  const r = job.report;
  const running = job.state === "running";
  const said = r && job.kind === "dry" ? t("would", { c: number(r.created), u: number(r.updated), r: number(r.rejected), n: number(r.unchanged + r.filtered) }) : job.code === 0 || job.code === 3 || running ? "" : job.said;
  return h("tr", {},
    h("td", {}, t(`kind_${job.kind}`)), h("td", {}, job.scheme),
    h("td", {}, running ? pill("busy", t("running")) : pill(job.code === 0 ? "good" : job.code === 3 ? "warn" : "bad", job.code === 0 ? t("ended") : job.code === 3 ? t("state_rejects") : t("code", { n: job.code }))),
    h("td", { class: "wide" }, r && job.kind !== "dry" ? h("a", { href: `#/runs/${r.run}` }, t("show_run", { n: r.run })) : "", said));
}

async function list(root, at, context) {
  const schemes = (await get("status")).data.schemes;
  const filter = { scheme: at.search.get("scheme") || "", state: at.search.get("state") || "" };
  const jobs = h("div", {});
  const body = h("tbody", {});
  const below = h("div", {});
  let timer = null;
  const take = async (cursor) => {
    const page = await get(query("runs", { ...filter, cursor, limit: 50 }));
    if (!cursor) fill(body);
    page.data.forEach((run) => body.append(runRow(run)));
    fill(below, page.next && moreButton(() => act(take(page.next))), body.children.length === 0 && empty(t("no_runs"), t("no_runs_more")));
  };
  const jobsShow = async () => {
    const made = (await get("jobs")).data;
    // A dry run changes nothing that would be news: it is looked for until it ends.
    clearTimeout(timer);
    if (made.some((job) => job.state === "running")) timer = setTimeout(() => jobs.isConnected && jobsShow().catch(() => {}), 1000);
    fill(jobs, made.length > 0 && h("section", { class: "card" }, h("h2", {}, t("started_here")), table([t("kind"), t("scheme"), t("state"), t("outcome")], made.map(jobRow), t("started_here"))));
  };
  const choose = (name, label, values) => {
    const select = h("select", { id: `filter-${name}` }, h("option", { value: "" }, t("all")), values.map(([value, text]) => h("option", { value, selected: filter[name] === value }, text)));
    select.addEventListener("change", () => { filter[name] = select.value; act(take()); });
    return h("span", {}, h("label", { for: `filter-${name}` }, label), select);
  };
  await Promise.all([take(), jobsShow()]);
  fill(root,
    head(t("runs"), t("runs_text"), context.admin() && button(t("start_run"), { class: "primary", onclick: () => runDialog(context, schemes) }, "play")),
    jobs,
    h("section", { class: "card" },
      h("div", { class: "row filters" }, choose("scheme", t("scheme"), schemes.map((one) => [one.name, one.name])), choose("state", t("state"), ["open", "finished", "failed", "abandoned"].map((one) => [one, t(`state_${one}`)]))),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("runs") }, h("table", {}, h("thead", {}, h("tr", {}, [t("run"), t("scheme"), t("state"), t("kind"), t("started"), t("took"), t("seen"), t("outcome")].map((name) => h("th", { scope: "col" }, name)))), body)), below));
  let busy = false;
  return {
    news: async (event) => {
      if (event !== "status" || busy) return;
      busy = true;
      await Promise.all([jobsShow(), body.children.length <= 50 ? take() : null]).catch(() => {});
      busy = false;
    },
  };
}

function detailTools(run, context, held) {
  const again = (done) => { if (done) context.again(); };
  const unfinished = run.state === "open" || run.state === "failed";
  const report = button(t("report_file"), {
    onclick: async (event) => {
      event.currentTarget.disabled = true;
      toast(t("report_wait"));
      await act(download(`runs/${run.id}/report.html?lang=${language()}`));
      report.disabled = false;
    },
  }, "download");
  return [
    context.admin() && unfinished && run.state === "open" && !held && button(t("stop"), { onclick: async () => again(await stopRun(run)) }, "stop"),
    context.admin() && unfinished && (run.state === "failed" || held) && button(t("resume"), { class: "primary", onclick: async () => again(await resumeRun(context, run)) }, "play"),
    context.admin() && unfinished && button(t("abandon"), { onclick: async () => again(await abandonRun(run)) }),
    !unfinished && report];
}

async function detail(root, id, context) {
  const draw = async () => {
    const [{ data }, status] = await Promise.all([get(`runs/${encodeURIComponent(id)}`), get("status")]);
    const { run, progress, reasons, slowest } = data;
    const scheme = status.data.schemes.find((one) => one.name === run.scheme);
    const report = run.report;
    fill(root,
      h("p", {}, h("a", { href: "#/runs" }, "← ", t("runs"))),
      head(`${t("run")} ${run.id}`, run.scheme, detailTools(run, context, scheme && scheme.held_by)),
      h("section", { class: "card" },
        h("dl", { class: "facts" },
          fact(t("state"), statePill(run)), fact(t("kind"), t(`kind_${run.kind}`)), fact(t("started"), fullTime(run.started)), fact(t("took"), report ? duration(report.seconds) : "–"),
          fact(t("seen"), report ? number(report.seen) : number(progress.records)), fact(t("source_total"), number(run.source_total)),
          fact(t("speed"), report ? t("per_second", { n: number(report.records_per_second) }) : "–"), fact(t("proof"), report ? t(`proof_${report.proof}`) : "–")),
        report && report.vanished && report.vanished.records > 0 && h("p", {}, t("vanished"), `: ${number(report.vanished.records)} · ${report.vanished.keys.slice(0, 10).join(", ")}`),
        run.cause && h("p", { class: "bad" }, t("cause"), ": ", run.cause),
        run.state === "open" || run.state === "failed"
          ? progressBar(progress.pages_done, progress.pages, t("pages_of", { n: number(progress.pages_done), m: number(progress.pages) }))
          : report && [outcomeBar(report), outcomeList(report)],
        !report && h("p", { class: "quiet" }, t("no_report"))),
      h("section", { class: "card" }, h("h2", {}, t("reasons")),
        reasons.length
          ? table([t("rows"), t("class"), t("reject_code"), t("message")], reasons.map((one) => h("tr", {}, h("td", { class: "figure" }, number(one.count)), h("td", {}, one.class), h("td", {}, one.code), h("td", { class: "wide" }, h("a", { href: `#/rejects?${new URLSearchParams({ class: one.class, code: one.code })}` }, one.message)))), t("reasons"))
          : empty(t("no_rejects_run"))),
      slowest.length > 0 && h("section", { class: "card" }, h("h2", {}, t("slowest")),
        table([t("slice"), t("page"), t("rows"), t("time")], slowest.map((one) => h("tr", {}, h("td", {}, one.slice), h("td", {}, one.page), h("td", { class: "figure" }, number(one.rows)), h("td", { class: "figure" }, duration(one.milliseconds / 1000)))), t("slowest"))));
    return run.state;
  };
  let state = await draw();
  return { news: async (event) => { if (event === "status" && state === "open" && place().rest[0] === id) state = await draw().catch(() => state); } };
}

export const runsPage = (root, at, context) => (at.rest[0] ? detail(root, at.rest[0], context) : list(root, at, context));
