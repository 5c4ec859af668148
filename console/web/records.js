// One record: where it came from, what became of it, where it stands.
import { get, query } from "/api.js";
import { act } from "/app.js";
import { duration, empty, fill, h, number, pill, shown, when } from "/dom.js";
import { head, moreButton, table } from "/parts.js";
import { t } from "/words.js";

const KINDS = { created: "good", updated: "good", unchanged: "", filtered: "", rejected: "bad", pending: "busy" };

const step = (kind, title, ...more) => h("li", { class: kind }, h("b", {}, title), h("div", {}, more));

function timesBar(times) {
  const names = ["fetch", "queue", "map", "wait", "write", "commit"].filter((name) => times[name] > 0);
  const all = names.reduce((sum, name) => sum + times[name], 0) || 1;
  const bar = h("div", { class: "outcomes", role: "img", "aria-label": names.map((name) => `${t(name)} ${duration(times[name] / 1e6)}`).join(", ") });
  for (const name of names) {
    const part = h("span", { class: `time-${name}`, title: `${t(name)} ${duration(times[name] / 1e6)}` });
    part.style.flexGrow = String(Math.max(times[name] / all, 0.012));
    bar.append(part);
  }
  return [h("p", { class: "quiet" }, t("page_times")), bar, h("p", { class: "quiet" }, names.map((name) => `${t(name)} ${duration(times[name] / 1e6)}`).join(" · "))];
}

function way(one, replays) {
  const page = one.page, reject = one.reject;
  return h("ol", { class: "way" },
    step("good", t("step_read", { source: one.source }), page ? t("step_read_more", { slice: page.slice, page: page.page, rows: number(page.rows) }) : null, " ", h("a", { href: `#/runs/${one.run}` }, t("show_run", { n: one.run }))),
    page && page.microseconds && step("", when(page.ended), timesBar(page.microseconds)),
    reject && step("bad", reject.message, `${reject.class}${reject.code ? ` · ${reject.code}` : ""} · ${t("attempts")} ${number(reject.attempts)} · ${when(reject.last)}`),
    step(KINDS[one.outcome] || "", h("span", {}, t("step_outcome"), " ", pill(KINDS[one.outcome], t(one.outcome))), one.adopted ? t("adopted") : null),
    one.claim && step("busy", t("step_claim"), t("step_claim_more", { op: one.claim.op, n: duration(one.claim.expires_in_ms / 1000) })),
    replays.map((replay) => step("", t("step_replay", { run: replay.run }), when(replay.started), " · ", t(replay.returned ? "returned" : "not_returned"))),
    step(one.held ? "good" : "", one.held ? t("step_held", { target: one.target }) : t("step_not_held"), one.held ? h("dl", { class: "inline" }, h("dt", {}, t("number")), h("dd", {}, shown(one.number)), h("dt", {}, t("target_id")), h("dd", {}, shown(one.target_id))) : null));
}

async function detail(root, key) {
  const { data } = await get(`records/${encodeURIComponent(key)}`);
  fill(root, h("p", {}, h("a", { href: "#/records" }, "← ", t("records"))), head(data.key, t("way")),
    data.records.map((one) => h("section", { class: "card" }, h("h2", {}, one.scheme), way(one, data.replays || []))));
}

export async function recordsPage(root, at) {
  if (at.rest[0]) return detail(root, at.rest[0]);
  const chosen = { q: at.search.get("q") || "", outcome: "" };
  const body = h("tbody", {}), below = h("div", {});
  const row = (one) => h("tr", {},
    h("td", {}, h("a", { href: `#/records/${encodeURIComponent(one.key)}` }, one.key)), h("td", {}, one.number), h("td", {}, shown(one.target_id)),
    h("td", {}, pill(KINDS[one.outcome], t(one.outcome))), h("td", {}, one.scheme), h("td", {}, h("a", { href: `#/runs/${one.run}` }, one.run)));
  const take = async (cursor) => {
    const page = await get(query("records", { q: chosen.q, outcome: chosen.outcome, cursor, limit: 50 }));
    if (!cursor) fill(body);
    page.data.forEach((one) => body.append(row(one)));
    fill(below, page.next && moreButton(() => act(take(page.next))), body.children.length === 0 && empty(t("no_records"), t("no_records_more")));
    return page.data;
  };
  const find = h("input", { id: "find", type: "search", value: chosen.q, placeholder: t("find_record"), autofocus: true });
  const outcome = h("select", { id: "outcome" }, h("option", { value: "" }, t("all")), Object.keys(KINDS).map((name) => h("option", { value: name }, t(name))));
  outcome.addEventListener("change", () => { chosen.outcome = outcome.value; chosen.q = find.value = ""; act(take()); });
  const form = h("form", { class: "row filters", role: "search" }, h("span", { class: "grow" }, h("label", { for: "find" }, t("find_record")), find), h("button", { class: "primary" }, t("search")), h("span", {}, h("label", { for: "outcome" }, t("outcome")), outcome));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    chosen.q = find.value.trim();
    chosen.outcome = outcome.value = "";
    history.replaceState(null, "", chosen.q ? `#/records?${new URLSearchParams({ q: chosen.q })}` : "#/records");
    const found = await act(take());
    if (found && found.length === 1 && chosen.q) location.hash = `#/records/${encodeURIComponent(found[0].key)}`;
  });
  await take();
  fill(root, head(t("records"), t("records_text")), h("section", { class: "card" }, form,
    table([t("key"), t("number"), t("target_id"), t("outcome"), t("scheme"), t("last_seen")], [], t("newest_records")), below));
  root.querySelector("tbody").replaceWith(body);
  return null;
}
