// What was refused: by reason, one by one, and sent again.
import { download, get, post, query } from "/api.js";
import { act } from "/app.js";
import { button, confirm, empty, fill, h, members, moment, number, pill, toast, when } from "/dom.js";
import { fact, head, moreButton } from "/parts.js";
import { t } from "/words.js";

export async function rejectsPage(root, at, context) {
  const chosen = { class: at.search.get("class") || "", code: at.search.get("code") || "", q: at.search.get("q") || "", closed: at.search.get("closed") || "", id: at.rest[0] || "" };
  const list = h("tbody", {});
  const below = h("div", {});
  const groups = h("ul", { class: "groups", "aria-label": t("groups") });
  const panel = h("section", { class: "card panel", "aria-live": "polite" });
  const schemes = (await get("schemes")).data;
  let reasons = [];

  const filter = () => ({ class: chosen.class, code: chosen.class ? chosen.code : "", q: chosen.q, closed: chosen.closed });
  const replays = (name) => { const scheme = schemes.find((one) => one.name === name); return scheme && scheme.replays; };
  const remember = () => {
    const search = new URLSearchParams(Object.entries(filter()).filter(([, value]) => value));
    history.replaceState(null, "", `#/rejects${chosen.id ? `/${chosen.id}` : ""}${search.size ? `?${search}` : ""}`);
  };

  const replay = async (scheme, order) => {
    if (!(await confirm(t("replay_title"), t("replay_text"), t("replay_one")))) return;
    await act(post("rejects/replay", { scheme, ...order }), t("replay_started"));
  };

  const close = async (order) => {
    if (!(await confirm(t("close_title"), t("close_text"), t("close_one")))) return;
    const answer = await act(post("rejects/close", order));
    if (!answer) return;
    toast(t("closed_n", { n: number(answer.data.closed) }));
    chosen.id = "";
    remember();
    fill(panel, empty(t("choose_reject")));
    await act(Promise.all([load(), take()]));
  };

  const show = async (id) => {
    chosen.id = String(id);
    remember();
    for (const row of list.children) row.classList.toggle("chosen", row.dataset.id === chosen.id);
    const answer = await act(get(`rejects/${encodeURIComponent(id)}`));
    if (!answer) { fill(panel, empty(t("choose_reject"))); return; }
    const one = answer.data;
    fill(panel,
      h("div", { class: "row between" }, h("h2", {}, one.key), h("a", { class: "button", href: `#/records/${encodeURIComponent(one.key)}` }, t("records"))),
      h("p", { class: "bad message" }, one.message),
      h("dl", { class: "facts" }, fact(t("number"), one.number), fact(t("class"), one.class), fact(t("reject_code"), one.code || "–"), fact(t("attempts"), number(one.attempts)),
        fact(t("first_time"), when(one.first)), fact(t("last_time"), when(one.last)), one.closed && fact(t("closed_time"), when(one.closed)), fact(t("run"), h("a", { href: `#/runs/${one.run}` }, one.run)), fact(t("scheme"), one.scheme)),
      context.admin() && h("div", { class: "row" },
        replays(one.scheme) && button(t("replay_one"), { class: "primary", onclick: () => replay(one.scheme, { keys: [one.key] }) }, "again"),
        !one.closed && button(t("close_one"), { onclick: () => close({ ids: [one.id] }) }, "check")),
      context.admin() && !replays(one.scheme) && h("p", { class: "quiet" }, t("not_replayable")),
      h("div", { class: "pair" },
        h("div", {}, h("h3", {}, t("source_record")), members(one.source, t("source_record"))),
        h("div", {}, h("h3", {}, t("payload")), one.payload === null ? h("p", { class: "quiet" }, t("no_payload")) : members(one.payload, t("payload")))));
  };

  const row = (one) => {
    const open = h("button", { type: "button", class: "link", onclick: () => { show(one.id); panel.scrollIntoView({ block: "nearest" }); } }, one.key);
    return h("tr", { "data-id": one.id, class: String(one.id) === chosen.id ? "chosen" : "" },
      h("td", {}, open), h("td", { class: "wide message" }, one.message), h("td", {}, pill("", one.class)), h("td", { class: "figure" }, number(one.attempts)), h("td", {}, moment(one.last)));
  };

  const take = async (cursor) => {
    const page = await get(query("rejects", { ...filter(), cursor, limit: 50 }));
    if (!cursor) fill(list);
    page.data.forEach((one) => list.append(row(one)));
    fill(below, page.next && moreButton(() => act(take(page.next))), list.children.length === 0 && empty(t("no_rejects"), t("no_rejects_more")));
    return page.data;
  };

  const groupsShow = () => {
    const all = reasons.reduce((sum, one) => sum + one.count, 0);
    const item = (name, code, message, count) => {
      const on = chosen.class === name && chosen.code === code;
      return h("li", {}, h("button", { type: "button", class: on ? "on" : "", "aria-pressed": on ? "true" : "false", onclick: () => { chosen.class = name; chosen.code = code; chosen.q = ""; find.value = ""; chosen.id = ""; remember(); groupsShow(); act(take()); toolsShow(); } },
        h("b", {}, number(count)), h("span", {}, message), name && h("span", { class: "quiet" }, [name, code].filter(Boolean).join(" · "))));
    };
    fill(groups, item("", "", t("every_reason"), all), reasons.map((one) => item(one.class, one.code, one.message, one.count)));
  };

  const tools = h("div", { class: "row" });
  const toolsShow = () => {
    const able = schemes.filter((one) => one.replays && !one.fault);
    const order = chosen.class ? { class: chosen.class, ...(chosen.code ? { code: chosen.code } : {}) } : { all: true };
    fill(tools,
      button(t("csv"), { onclick: () => act(download(query("rejects/table.csv", filter()))) }, "download"),
      h("label", { class: "row" }, h("input", { id: "closed", type: "checkbox", checked: chosen.closed === "yes", onchange: (event) => { chosen.closed = event.target.checked ? "yes" : ""; chosen.id = ""; remember(); act(take()); } }), t("closed_ones")),
      context.admin() && reasons.length > 0 && chosen.class && button(t("close_group"), { onclick: () => close({ class: chosen.class, ...(chosen.code ? { code: chosen.code } : {}) }) }, "check"),
      context.admin() && reasons.length > 0 && able.map((one) =>
        button(`${t(chosen.class ? "replay_group" : "replay_all")}${able.length > 1 ? ` · ${one.name}` : ""}`, { onclick: () => replay(one.name, order) }, "again")));
  };

  const find = h("input", { id: "find", type: "search", value: chosen.q, placeholder: t("find_key") });
  const form = h("form", { class: "row", role: "search" }, h("label", { for: "find", class: "hidden" }, t("find_key")), find, h("button", {}, t("search")));
  form.addEventListener("submit", (event) => { event.preventDefault(); chosen.q = find.value.trim(); chosen.id = ""; remember(); act(take()); });

  const load = async () => { reasons = (await get("rejects/reasons")).data; groupsShow(); toolsShow(); };
  const [rows] = await Promise.all([take(), load()]);
  fill(root, head(t("rejects"), t("rejects_text"), tools),
    reasons.length === 0 && !chosen.q && !chosen.closed
      ? h("section", { class: "card" }, empty(t("no_rejects"), t("no_rejects_more")))
      : h("div", { class: "split" },
        h("aside", { class: "card" }, h("h2", {}, t("groups")), groups),
        h("div", {},
          h("section", { class: "card" }, form,
            h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t("rejects") },
              h("table", {}, h("thead", {}, h("tr", {}, [t("key"), t("message"), t("class"), t("attempts"), t("last_time")].map((name) => h("th", { scope: "col" }, name)))), list)), below),
          panel)));
  if (chosen.id) await show(chosen.id);
  else if (rows.length === 1) await show(rows[0].id);
  else fill(panel, empty(t("choose_reject")));
  let known = context.status && context.status.rejects_open;
  return {
    news: (event) => {
      if (event !== "status" || context.status.rejects_open === known) return;
      known = context.status.rejects_open;
      load().then(() => list.children.length <= 50 && take()).catch(() => {});
    },
  };
}
