// Pieces that several pages show.
import { post } from "/api.js";
import { act } from "/app.js";
import { button, confirm, duration, h, number, pill, when } from "/dom.js";
import { t } from "/words.js";

export const OUTCOMES = ["created", "updated", "unchanged", "filtered", "rejected"];

// When services begin the runs of a scheme, in words.
export const scheduleOf = (scheme) =>
  scheme.every ? t("every", { n: duration(scheme.every / 1000) }) : scheme.at ? t("by_clock", { n: scheme.at }) : t("no_schedule");

export function statePill(run) {
  if (run.state === "finished" && run.report && !run.report.complete) return pill("warn", t("state_incomplete"));
  if (run.state === "finished" && run.report && run.report.rejected > 0) return pill("warn", t("state_rejects"));
  const kinds = { open: "busy", finished: "good", abandoned: "", failed: "bad" };
  return pill(kinds[run.state] || "", t(`state_${run.state}`));
}

export function outcomeBar(report) {
  const all = OUTCOMES.reduce((sum, name) => sum + report[name], 0);
  const label = OUTCOMES.filter((name) => report[name]).map((name) => `${t(name)} ${number(report[name])}`).join(", ");
  const bar = h("div", { class: "outcomes", role: "img", "aria-label": label || "0" });
  for (const name of OUTCOMES) {
    if (!report[name]) continue;
    const part = h("span", { class: name, title: `${t(name)} ${number(report[name])}` });
    part.style.flexGrow = String(Math.max(report[name] / all, 0.012));
    bar.append(part);
  }
  return bar;
}

export function outcomeList(report) {
  return h("dl", { class: "legend" }, OUTCOMES.map((name) =>
    h("div", {}, h("dt", {}, h("i", { class: name }), t(name)), h("dd", {}, number(report[name])))));
}

export function progressBar(done, all, text) {
  const bar = h("progress", { max: Math.max(all, 1), "aria-label": text });
  bar.value = done;
  return h("div", { class: "progress" }, bar, h("span", {}, text));
}

// Is there a service that would begin at once? An extractor answers at its metrics.
export const serviceIsUp = (context) =>
  Boolean(context.live && context.live.stages && context.live.stages.some((stage) => stage.stage === "extractor" && stage.up > 0));

export async function startRun(context, order) {
  const answer = await act(post("runs", order), t(order.where === "service" ? "service_started" : "run_started"));
  return answer !== null;
}

export async function stopRun(run) {
  if (!(await confirm(t("stop_title"), t("stop_text"), t("stop"), "danger"))) return false;
  return (await act(post(`runs/${run.id}/stop`), t("stopped"))) !== null;
}

export async function resumeRun(context, run) {
  const where = serviceIsUp(context) ? "service" : "here";
  return (await act(post(`runs/${run.id}/resume`, { where }), t("resumed"))) !== null;
}

export async function abandonRun(run) {
  if (!(await confirm(t("abandon_title"), t("abandon_text"), t("abandon"), "danger"))) return false;
  return (await act(post(`runs/${run.id}/abandon`), t("abandoned"))) !== null;
}

// The dialog in which a run is ordered.
export function runDialog(context, schemes, chosen) {
  const up = serviceIsUp(context);
  const scheme = h("select", { id: "run-scheme" }, schemes.filter((one) => !one.fault).map((one) =>
    h("option", { value: one.file, selected: one.file === chosen }, one.name)));
  const kind = h("select", { id: "run-kind" }, h("option", { value: "run" }, t("kind_run_long")), h("option", { value: "dry" }, t("kind_dry_long")));
  const where = h("select", { id: "run-where" }, h("option", { value: "here" }, t("here")), h("option", { value: "service", selected: up }, t("service")));
  const limit = h("input", { id: "run-limit", type: "number", min: 1, max: 1000000000, inputmode: "numeric" });
  const whereRow = h("p", {}, h("label", { for: "run-where" }, t("where")), where);
  const limitRow = h("p", {}, h("label", { for: "run-limit" }, t("limit")), h("span", { class: "row" }, limit, h("span", { class: "quiet" }, t("limit_hint"))));
  const fit = () => {
    if (kind.value === "dry") where.value = "here";
    whereRow.hidden = kind.value === "dry";
    limitRow.hidden = where.value === "service";
  };
  kind.addEventListener("change", fit);
  where.addEventListener("change", fit);
  const box = h("dialog", { "aria-labelledby": "run-title" },
    h("form", { method: "dialog" },
      h("h2", { id: "run-title" }, t("start_run")),
      h("p", {}, h("label", { for: "run-scheme" }, t("scheme")), scheme),
      h("p", {}, h("label", { for: "run-kind" }, t("what")), kind), whereRow, limitRow,
      h("div", { class: "actions" }, h("button", { value: "no", class: "plain", formnovalidate: true }, t("cancel")), h("button", { value: "yes", class: "primary" }, t("start")))));
  box.addEventListener("close", async () => {
    box.remove();
    if (box.returnValue !== "yes") return;
    const order = { scheme: scheme.value, kind: kind.value, where: where.value };
    if (limit.value && order.where === "here") order.limit = Number(limit.value);
    if (await startRun(context, order)) context.again();
  });
  document.body.append(box);
  fit();
  box.showModal();
}

export const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
export const head = (title, text, ...tools) =>
  h("div", { class: "head" }, h("div", {}, h("h1", {}, title), text && h("p", { class: "quiet" }, text)), h("div", { class: "row" }, tools));

export function table(names, rows, label) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h("table", {}, h("thead", {}, h("tr", {}, names.map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, rows)));
}

export const moreButton = (take) => button(t("more"), { class: "more", onclick: take });
export const fullTime = (ms) => when(ms);
