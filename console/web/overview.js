// What flows, what stands, what needs a person.
import { get } from "/api.js";
import { button, empty, fill, h, icon, moment, number, percent, pill, duration, when } from "/dom.js";
import { abandonRun, head, outcomeBar, progressBar, resumeRun, runDialog, scheduleOf, serviceIsUp, startRun, statePill, stopRun } from "/parts.js";
import { t } from "/words.js";

const STAGES = ["extractor", "transformer", "loader"];

function card(name, value, more, kind, link) {
  const inner = [h("span", { class: "quiet" }, name), h("strong", {}, value), h("span", { class: `note ${kind || ""}` }, more)];
  return link ? h("a", { class: "card figure", href: link }, inner) : h("div", { class: "card figure" }, inner);
}

function figures(status, live) {
  const runs = status.schemes.map((one) => one.run).filter(Boolean).sort((a, b) => b.started - a.started);
  const last = runs[0];
  const report = last && last.report;
  const rate = live && live.stages ? live.stages[2].records_per_second : null;
  return h("div", { class: "figures" },
    card(t("rejects_open"), number(status.rejects_open), status.rejects_open ? t("needs_you") : t("nothing_open"), status.rejects_open ? "warn" : "good", "#/rejects"),
    card(t("last_run"), last ? moment(last.started) : "–", last ? statePill(last) : t("never_ran"), "", last ? `#/runs/${last.id}` : null),
    card(t("records_last"), report ? number(report.seen) : "–", report ? `${number(report.created + report.updated)} ${t("written")}` : t("idle")),
    card(t("rate_now"), rate === null || rate === undefined ? "–" : number(rate), rate ? t("connected") : t("idle")));
}

function stageBox(name, live) {
  const stage = live && live.stages.find((one) => one.stage === name);
  const limiting = live && live.limiting.what === name;
  return h("li", { class: `stage ${stage && stage.up ? "up" : ""} ${limiting ? "limiting" : ""}` },
    h("b", {}, t(name)),
    h("span", {}, stage && stage.up ? t("per_second", { n: number(stage.records_per_second || 0) }) : t("no_worker")),
    h("span", { class: "quiet" }, stage && stage.up ? `${t("workers", { n: stage.up })} · ${t("queued", { n: number(stage.in_flight) })}` : " "),
    limiting && pill("warn", `${t("limits")} ${percent(live.limiting.share)}`));
}

function endBox(name, live) {
  const limiting = live && live.limiting.what === name;
  const http = live && live.stages[name === "source" ? 0 : 2].http;
  return h("li", { class: `stage end ${http ? "up" : ""} ${limiting ? "limiting" : ""}` },
    h("b", {}, t(name)), h("span", {}, http ? http.api : " "),
    h("span", { class: "quiet" }, http && http.seconds !== null ? duration(http.seconds) : " "),
    limiting && pill("warn", `${t("limits")} ${percent(live.limiting.share)}`));
}

function flow(live) {
  const arrow = () => h("li", { class: "arrow", "aria-hidden": "true" }, icon("arrow"));
  const boxes = [endBox("source", live), ...STAGES.flatMap((name) => [arrow(), stageBox(name, live)]), arrow(), endBox("target", live)];
  const say = live && live.limiting.what !== "none" ? `${live.limiting.say}${live.limiting.cure ? ` — ${live.limiting.cure}` : ""}` : live ? "" : t("no_stage");
  return h("section", { class: "card", "aria-label": t("flow") }, h("h2", {}, t("flow")), h("ol", { class: "flow" }, boxes), say && h("p", { class: "quiet say" }, say));
}

function schemeCard(scheme, context) {
  const run = scheme.run;
  const open = run && (run.state === "open" || run.state === "failed");
  const again = (done) => { if (done) context.again(); };
  const tools = [];
  if (context.admin() && !scheme.fault) {
    if (open && run.state === "open" && !scheme.held_by) tools.push(button(t("stop"), { onclick: async () => again(await stopRun(run)) }, "stop"));
    if (open && (run.state === "failed" || scheme.held_by)) {
      tools.push(button(t("resume"), { class: "primary", onclick: async () => again(await resumeRun(context, run)) }, "play"));
      tools.push(button(t("abandon"), { onclick: async () => again(await abandonRun(run)) }));
    }
    if (!open) {
      tools.push(button(t("run_now"), { class: "primary", onclick: async () => again(await startRun(context, { scheme: scheme.file, kind: "run", where: serviceIsUp(context) ? "service" : "here" })) }, "play"));
      tools.push(button(t("dry_run"), { onclick: async () => again(await startRun(context, { scheme: scheme.file, kind: "dry", where: "here" })) }));
    }
  }
  tools.push(h("a", { class: "button", href: `#/mapping/${encodeURIComponent(scheme.file)}` }, icon("mapping"), t("open_mapping")));
  if (run) tools.push(h("a", { class: "button", href: `#/runs/${run.id}` }, t("show_run", { n: run.id })));
  const progress = scheme.progress;
  return h("article", { class: "card scheme" },
    h("div", { class: "row between" }, h("h3", {}, scheme.name), scheme.fault ? pill("bad", t("fault")) : scheme.held_by ? pill("warn", t("held", { who: scheme.held_by })) : run ? statePill(run) : pill("", t("never_ran"))),
    h("p", { class: "quiet" }, scheme.fault || `${scheme.source_api} → ${scheme.target_api} · ${scheduleOf(scheme)}${scheme.next ? ` · ${t("next_run", { n: when(scheme.next) })}` : ""}`),
    scheme.waiting > 0 && h("p", {}, pill("busy", t("waiting_n", { n: number(scheme.waiting) }))),
    run && run.cause && h("p", { class: "bad" }, run.cause),
    open && progress && progressBar(progress.pages_done, progress.pages, t("pages_of", { n: number(progress.pages_done), m: number(progress.pages) })),
    run && run.report && outcomeBar(run.report),
    h("div", { class: "row tools" }, tools));
}

export async function overviewPage(root, at, context) {
  context.status = (await get("status")).data;
  const draw = () => {
    const held = document.activeElement && root.contains(document.activeElement) ? document.activeElement.textContent : null;
    fill(root,
      head(t("overview"), t("tagline"), context.admin() && button(t("start_run"), { onclick: () => runDialog(context, context.status.schemes) }, "play")),
      figures(context.status, context.live), flow(context.live),
      h("h2", {}, t("schemes")),
      context.status.schemes.length ? h("div", { class: "cards" }, context.status.schemes.map((one) => schemeCard(one, context))) : empty(t("no_schemes")));
    // What had the keyboard keeps it when the page is drawn anew.
    if (held) [...root.querySelectorAll("a, button")].find((one) => one.textContent === held)?.focus();
  };
  draw();
  return { news: draw };
}
