// Connections: which settings stand here, never what they say, and whether the store, the source and the target answer. What may be
// written is written, and never read.
import { get, post, put } from "/api.js";
import { act } from "/app.js";
import { button, fill, h, moment, pill } from "/dom.js";
import { head } from "/parts.js";
import { t } from "/words.js";

export async function connectionsPage(root, at, context) {
  const [{ data }, schemes] = await Promise.all([get("connections"), get("schemes")]);
  const outcome = h("div", { "aria-live": "polite" });
  const known = ["store", "scheme", "source", "target", "alert"];
  const show = (last) => fill(outcome, !last ? h("p", { class: "quiet" }, t("never_checked")) : [
    h("p", {}, pill(last.ok ? "good" : "bad", t(last.ok ? "all_answer" : "some_fail")), " ", moment(last.at)),
    h("ul", { class: "checks" }, last.checks.map((one) => h("li", {}, pill(one.ok ? "good" : "bad", t(one.ok ? "check_ok" : "check_fail")), h("b", {}, known.includes(one.part) ? t(`part_${one.part}`) : one.part), h("span", {}, one.text))))]);
  const scheme = h("select", { id: "check-scheme", "aria-label": t("scheme"), hidden: schemes.data.length < 2 }, schemes.data.map((one) => h("option", { value: one.file }, one.name)));
  const test = button(t("test_connections"), {
    class: "primary",
    onclick: async () => {
      test.disabled = true;
      fill(outcome, h("p", { class: "quiet" }, t("asking")));
      const answer = await act(post("connections/check", { scheme: scheme.value }));
      show(answer ? answer.data : data.last);
      test.disabled = false;
    },
  }, "check");
  const kinds = { set: "good", default: "", unset: "warn" };
  const stateOf = (one) => [pill(one.state === "unset" && !one.required ? "" : kinds[one.state], t(`state_of_${one.state}`)), one.secret && h("div", { class: "quiet" }, t("kept_secret"))];
  const settingRow = (one) => {
    const state = h("td", {}), row = h("tr", {}, h("th", { scope: "row" }, h("code", {}, one.name), h("div", { class: "quiet" }, one.help)), state);
    let below = null;
    const rest = () => {
      if (below) below.remove();
      below = null;
      fill(state, stateOf(one), context.admin() && one.writable && h("div", {}, button(t("write_setting"), { "aria-label": `${t("write_setting")} ${one.name}`, class: "plain small", onclick: write })));
    };
    const write = () => {
      const value = h("input", { type: one.secret ? "password" : "text", "aria-label": one.name, autocomplete: "off", spellcheck: "false", maxlength: 8000 });
      const form = h("form", { class: "setting" }, value, h("p", { class: "quiet" }, t("write_setting_text")),
        h("div", { class: "actions" }, h("button", { type: "button", class: "plain", onclick: rest }, t("cancel")), h("button", { class: "primary" }, t("save"))));
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const answer = await act(put(`connections/${one.name}`, { value: value.value }), t("setting_written"));
        if (!answer) return;
        one.state = answer.data.state;
        rest();
      });
      fill(state, stateOf(one));
      row.after(below = h("tr", {}, h("td", { colspan: 2 }, form)));
      value.focus();
    };
    rest();
    return row;
  };
  // What belongs to other kinds of APIs, and was never set, stays folded.
  const settingRows = (part) => {
    const tableOf = (rows) => h("table", {}, h("tbody", {}, rows.map(settingRow)));
    const kindOf = (one) => (/^(REST_TARGET|REST|SOAP)_/.exec(one.name) || [""])[0];
    const folded = [...new Set(part.settings.map(kindOf))].filter((kind) => kind && !part.settings.some((one) => kindOf(one) === kind && one.state === "set"));
    return [tableOf(part.settings.filter((one) => !folded.includes(kindOf(one)))),
      folded.map((kind) => h("details", {}, h("summary", {}, t("other_settings", { kind: `${kind}…` })), tableOf(part.settings.filter((one) => kindOf(one) === kind))))];
  };
  fill(root, head(t("connections"), t("connections_text"), context.admin() && schemes.data.length > 0 && [scheme, test]),
    h("section", { class: "card" }, h("h2", {}, t("last_check")), outcome),
    h("div", { class: "cards" }, data.parts.map((part) => h("section", { class: "card" }, h("h2", {}, t(`part_${part.part}`)),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": t(`part_${part.part}`) }, settingRows(part))))));
  show(data.last);
}
