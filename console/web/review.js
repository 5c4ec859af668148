// Before a scheme is saved: how it differs, what its tests say, what it would do in the target; and its history.
import { get, put, post, query } from "/api.js";
import { act } from "/app.js";
import { button, confirm, empty, fill, h, moment, number, pill, toast } from "/dom.js";
import { head, moreButton, table } from "/parts.js";
import { t } from "/words.js";

export function differenceView(lines, label) {
  if (!lines.length) return h("p", { class: "quiet" }, t("no_difference"));
  const signs = { added: "+", removed: "−", same: " ", gap: "⋯" };
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h("table", { class: "difference" }, h("tbody", {}, lines.map((line) =>
      h("tr", { class: line.kind }, h("td", { class: "quiet" }, line.kind === "gap" ? "" : line.line),
        h("td", {}, h("span", { "aria-hidden": "true" }, signs[line.kind]), line.kind === "added" || line.kind === "removed" ? h("span", { class: "hidden" }, t(`line_${line.kind}`)) : null),
        h("td", {}, h("code", {}, line.text)))))));
}

export const faultLine = (fault) => [fault.path && h("code", {}, fault.path), fault.path && " ", fault.line && h("span", { class: "quiet" }, t("line", { n: fault.line })), fault.line && " ", fault.message];

function dryRun(draft, place) {
  const limit = h("input", { id: "dry-limit", type: "number", min: 1, max: 1000000000, value: "100", inputmode: "numeric" });
  const outcome = h("div", { "aria-live": "polite" });
  const show = (job) => {
    const r = job.report;
    if (!r) return fill(outcome, h("p", { class: "bad" }, job.said || t("code", { n: job.code })));
    const changed = (r.changes || []).filter((one) => one.fields.length), created = r.creates || [];
    const part = (title, count, shown_, list) => list && h("section", {}, h("h4", {}, title, " ", number(count), count > shown_ && h("span", { class: "quiet" }, " ", t("the_first", { n: number(shown_) }))), list);
    return fill(outcome, h("p", {}, t("would", { c: number(r.created), u: number(r.updated), r: number(r.rejected), n: number(r.unchanged + r.filtered) })),
      part(t("would_create"), r.created, created.length, created.length > 0 && table([t("number"), t("fields")], created.map((one) =>
        h("tr", {}, h("td", {}, one.number), h("td", {}, one.fields.filter((field) => field.after !== one.number).map((field) => h("div", {}, h("code", {}, field.name), " ", field.after))))), t("would_create"))),
      part(t("would_update"), r.updated, (r.changes || []).length, changed.length > 0 && table([t("number"), t("field"), t("before"), t("after_")], changed.flatMap((one) => one.fields.map((field, i) =>
        h("tr", {}, h("td", {}, i === 0 ? one.number : ""), h("td", {}, h("code", {}, field.name)), h("td", { class: "wide" }, field.before), h("td", { class: "wide" }, field.after)))), t("would_update"))));
  };
  const start = button(t("dry_run"), {
    onclick: async () => {
      start.disabled = true;
      fill(outcome, h("p", { class: "quiet" }, t("running")));
      const begun = await act(post(`${draft.path}/dry-run`, { text: draft.text, ...(limit.value ? { limit: Number(limit.value) } : {}) }));
      for (let job = null; begun && place.isConnected && !(job && job.state === "ended");) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        const jobs = await get("jobs").catch(() => ({ data: [] }));
        job = jobs.data.find((one) => one.id === begun.data.job);
        if (job && job.state === "ended") show(job);
      }
      if (!begun) fill(outcome);
      start.disabled = false;
    },
  }, "play");
  return [h("h3", {}, t("would_do")), h("div", { class: "row" }, h("label", { for: "dry-limit", class: "beside" }, t("limit")), limit, h("span", { class: "quiet" }, t("limit_hint")), start), outcome];
}

// True once it is saved.
export function review(draft) {
  return new Promise((resolve) => {
    const body = h("div", {});
    const said = h("p", { class: "bad", role: "alert" });
    const save = button(t("save"), { class: "primary" }, "check");
    const box = h("dialog", { class: "large", "aria-labelledby": "review-title" },
      h("h2", { id: "review-title" }, t("review_title")), body, said,
      h("div", { class: "actions" }, button(t("cancel"), { class: "plain", onclick: () => box.close() }), save));
    const reload = async (keep) => {
      const saved = await act(get(draft.path));
      if (saved) await draft.restart(saved.data, keep);
      said.textContent = "";
      draw();
    };
    const draw = () => {
      const faults = draft.faults.filter((one) => !one.warning);
      const late = draft.theirs.length > 0;
      save.hidden = late;
      save.disabled = faults.length > 0 || draft.difference.length === 0;
      fill(body,
        late && h("section", { class: "notice", role: "alert" }, h("h3", {}, draft.savedBy ? t("meanwhile_by", { who: draft.savedBy }) : t("meanwhile")), differenceView(draft.theirs, t("theirs")),
          h("div", { class: "row" }, button(t("keep_both"), { class: "primary", onclick: () => reload(true) }), button(t("discard_mine"), { onclick: () => reload(false) }))),
        draft.failed && h("p", { class: "bad" }, draft.failed),
        faults.length > 0 && h("section", {}, h("h3", { class: "bad" }, t("faults", { n: faults.length })), h("ul", {}, faults.map((one) => h("li", {}, faultLine(one))))),
        !late && h("section", {}, h("h3", {}, t("difference")), differenceView(draft.difference, t("difference"))),
        !late && draft.tests && h("section", {}, h("h3", {}, t("tests")), draft.tests.failed
          ? [h("p", { class: "warn" }, t("tests_failed", { n: draft.tests.failed, m: draft.tests.passed + draft.tests.failed })), h("ul", {}, draft.tests.failures.map((one) => h("li", {}, h("b", {}, one.name), ": ", one.why)))]
          : h("p", { class: "good" }, t("tests_passed", { n: draft.tests.passed }))),
        !late && faults.length === 0 && draft.difference.length > 0 && h("section", {}, dryRun(draft, body)));
    };
    save.addEventListener("click", async () => {
      save.disabled = true;
      try {
        const answer = await put(draft.path, { text: draft.text }, draft.etag);
        await draft.restart({ text: draft.text, etag: answer.data.etag }, false);
        toast(t("saved"));
        box.returnValue = "saved";
        box.close("saved");
      } catch (error) {
        said.textContent = error.message;
        await draft.look(); // what is saved by now
        draw();
      }
    });
    box.addEventListener("close", () => { resolve(box.returnValue === "saved"); box.remove(); });
    document.body.append(box);
    draft.look().then(() => { draw(); box.showModal(); });
  });
}

// Of a scheme, of a table of it that stands in a file, or of an API file: `path` in the API, `name` of a table, `back` = [address, text].
export async function history(root, path, name, back_, context) {
  const rows = h("tbody", {}), below = h("div", {}), shown = h("div", { "aria-live": "polite" });
  const show = async (version, first) => {
    const { data } = await get(`${path}/versions/${version.id}`);
    const back = async () => {
      if (!(await confirm(t("put_back_title"), t("put_back_text"), t("put_back")))) return;
      const now = await act(get(path));
      if (now && await act(put(path, { text: data.text }, now.data.etag), t("saved"))) context.again();
    };
    fill(shown, h("section", { class: "card" },
      h("div", { class: "row between" }, h("h2", {}, t("version", { n: version.id })), context.admin() && !first && button(t("put_back"), { onclick: back }, "again")),
      differenceView(data.difference, t("difference")), h("details", {}, h("summary", {}, t("whole_text")), h("pre", { tabindex: "0" }, data.text))));
  };
  let newest = null;
  const take = async (cursor) => {
    const page = await get(query(`${path}/versions`, { cursor, limit: 50 }));
    newest ??= page.data[0];
    page.data.forEach((one) => rows.append(h("tr", {},
      h("td", {}, h("button", { type: "button", class: "link", onclick: () => act(show(one, one === newest)) }, t("version", { n: one.id }))), h("td", {}, moment(one.at)), h("td", {}, one.who || pill("", t("elsewhere"))),
      h("td", { class: "figure" }, h("span", { class: "good" }, `+${number(one.added)}`), " ", h("span", { class: "bad" }, `−${number(one.removed)}`)))));
    fill(below, page.next && moreButton(() => act(take(page.next))), rows.children.length === 0 && empty(t("no_versions"), t("no_versions_more")));
  };
  await take();
  fill(root, h("p", {}, h("a", { href: back_[0] }, "← ", back_[1])), head(name ? `${t("history")}: ${name}` : t("history"), t("history_text")),
    h("section", { class: "card" }, table([t("version_"), t("time"), t("who"), t("lines")], [], t("history")), below), shown);
  root.querySelector("tbody").replaceWith(rows);
  if (newest) await show(newest, true);
}
