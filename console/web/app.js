// The frame around the pages: signing in, the menu, what comes live, and which page stands at which address.
import { Problem, get, keyKeep, listen, post, remove, whenLoggedOut } from "/api.js";
import { apisPage } from "/apis.js";
import { connectionsPage } from "/connections.js";
import { button, fill, h, icon, pill, toast } from "/dom.js";
import { apiPage, auditPage } from "/more.js";
import { overviewPage } from "/overview.js";
import { recordsPage } from "/records.js";
import { rejectsPage } from "/rejects.js";
import { runsPage } from "/runs.js";
import { schemesPage } from "/schemes.js";
import { language, languageSet, t } from "/words.js";

const PAGES = [
  ["overview", overviewPage], ["mapping", schemesPage], ["runs", runsPage], ["rejects", rejectsPage], ["records", recordsPage],
  ["apis", apisPage], ["connections", connectionsPage],
  ["audit", auditPage, "admin"], ["api", apiPage],
];
const root = document.getElementById("app");
const context = { who: null, status: null, live: null, admin: () => context.who && context.who.role === "admin" };
let shown = null; // the page that is shown: what it wants to know of news
let stopListening = null;
let frame = null;

// ---- light and dark ----

function themeApply() {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
}

function themeTurn() {
  const dark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  localStorage.setItem("theme", dark ? "light" : "dark");
  themeApply();
}

// ---- signing in ----

async function signIn(token) {
  const { key, ...who } = (await post("session", { token })).data;
  keyKeep(key);
  context.who = who;
  await open();
}

function loginShow(problem) {
  if (stopListening) stopListening();
  stopListening = null;
  frame = null;
  const field = h("input", { id: "token", type: "password", autocomplete: "off", required: true, spellcheck: "false" });
  const said = h("p", { class: "bad", role: "alert" }, problem || "");
  const form = h("form", { class: "login card" },
    h("div", { class: "brand" }, h("img", { src: "/icon.svg", alt: "", width: 40, height: 40 }), h("h1", {}, "dianchen 店辰")),
    h("p", {}, t("login_text")), h("label", { for: "token" }, t("token")), field, said,
    h("button", { class: "primary" }, t("login")),
    h("p", { class: "quiet" }, t("login_how"), " ", h("code", {}, "dianchen console token new --name NAME")),
    h("div", { class: "row" }, languageButton()));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await signIn(field.value.trim());
    } catch (error) {
      said.textContent = error.message;
      field.select();
    }
  });
  fill(root, h("main", { class: "middle", id: "content" }, form));
  document.title = `${t("login_title")} · dianchen`;
  field.focus();
}

// ---- the frame ----

function languageButton() {
  return h("button", {
    type: "button", class: "plain", lang: language() === "zh" ? "en" : "zh-CN",
    onclick: () => { languageSet(language() === "zh" ? "en" : "zh", true); if (context.who) open(); else loginShow(); },
  }, t("language"));
}

function frameShow() {
  const links = PAGES.filter(([, , role]) => !role || context.who.role === role).map(([name]) =>
    h("a", { href: `#/${name}`, "data-page": name }, icon(name), h("span", {}, t(name)), name === "rejects" && h("b", { class: "badge", hidden: true })));
  const live = h("span", { class: "live", role: "status" }, h("i", {}), h("span", {}, t("lost")));
  const main = h("main", { id: "content", tabindex: "-1" });
  frame = { main, live, links };
  fill(root,
    h("a", { class: "skip", href: "#content", onclick: (event) => { event.preventDefault(); main.focus(); } }, t("skip")),
    h("header", { class: "bar" },
      h("a", { class: "brand", href: "#/overview" }, h("img", { src: "/icon.svg", alt: "", width: 26, height: 26 }), h("strong", {}, "dianchen"), h("span", { class: "quiet" }, "店辰")),
      live,
      h("div", { class: "tools" },
        languageButton(),
        h("button", { type: "button", class: "plain", "aria-label": t("theme"), title: t("theme"), onclick: themeTurn }, icon("sun")),
        h("span", { class: "who" }, context.who.name, " ", pill("", t(context.who.role))),
        h("button", { type: "button", class: "plain", "aria-label": t("logout"), title: t("logout"), onclick: leave }, icon("out")))),
    h("nav", { class: "menu", "aria-label": t("menu") }, links),
    main);
  statusShow();
}

async function leave() {
  await remove("session").catch(() => {});
  keyKeep(null);
  context.who = null;
  loginShow();
}

function statusShow() {
  const badge = frame && frame.links.map((link) => link.querySelector(".badge")).find(Boolean);
  if (!badge || !context.status) return;
  badge.textContent = context.status.rejects_open > 999 ? "999+" : context.status.rejects_open;
  badge.hidden = context.status.rejects_open === 0;
}

function news(event, data) {
  context[event] = data;
  if (event === "status") statusShow();
  if (shown && shown.news) shown.news(event);
}

function connected(on) {
  if (!frame) return;
  frame.live.classList.toggle("on", on);
  frame.live.lastChild.textContent = t(on ? "connected" : "lost");
}

// ---- pages ----

// "#/runs/12?state=open" is page runs, with "12" and its parameters.
export function place() {
  const [path, search] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").filter(Boolean).map(decodeURIComponent);
  return { name: parts[0] || "overview", rest: parts.slice(1), search: new URLSearchParams(search || "") };
}

let turn = 0;
async function show() {
  const mine = ++turn;
  const at = place();
  const page = PAGES.find(([name]) => name === at.name) || PAGES[0];
  shown = null;
  for (const link of frame.links) {
    if (link.dataset.page === page[0]) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${t(page[0])} · dianchen`;
  const place_ = h("div", { class: "page" });
  try {
    const made = await page[1](place_, at, context);
    if (mine !== turn) return;
    shown = made || null;
  } catch (error) {
    if (mine !== turn || !context.who) return;
    if (!(error instanceof Problem)) console.error(error);
    fill(place_, h("div", { class: "empty", role: "alert" }, h("p", {}, t("failed_load")), h("p", { class: "quiet" }, error.message), button(t("again"), { onclick: show }, "again")));
  }
  fill(frame.main, place_);
  window.scrollTo(0, 0);
}

async function open() {
  frameShow();
  if (stopListening) stopListening();
  stopListening = listen(news, connected);
  if (!location.hash.startsWith("#/")) history.replaceState(null, "", "#/overview");
  await show();
}

export async function act(promise, said) {
  try {
    const answer = await promise;
    if (said) toast(said);
    return answer;
  } catch (error) {
    toast(error.message, "bad");
    return null;
  }
}

async function begin() {
  languageSet(language());
  themeApply();
  whenLoggedOut(() => { if (context.who) { context.who = null; loginShow(); } });
  window.addEventListener("hashchange", () => { if (context.who) show(); });
  const token = /^#token=(.+)$/.exec(location.hash);
  if (token) history.replaceState(null, "", location.pathname); // the token stays in no history
  try {
    if (token) {
      await signIn(token[1]);
    } else {
      context.who = (await get("session")).data;
      await open();
    }
  } catch (error) {
    loginShow(error.status === 401 && !token ? "" : error.message);
  }
}

context.again = () => show();
begin();
