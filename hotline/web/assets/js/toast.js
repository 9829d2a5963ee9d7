// Toasts: short notices in a polite live region. Errors stay until closed; the rest leave after some seconds.
// Server side: header HX-Trigger: {"toast": {"text": "已派单", "tone": "ok", "undo": "/api/…"}}; in a page: the flash macro.
import { $, each, el, icon, meta, on } from "./dom.js";

const SIGN = { ok: () => icon("circle-check"), bad: () => icon("alert-triangle"), warn: () => icon("alert-triangle"), info: () => icon("info-circle") };

/** Shows `text`. tone: ok|info|warn|bad; undo: address to POST to; retry: function; lasts: seconds (0 = until closed). */
export function toast(text, { tone = "info", undo = "", retry = null, lasts } = {}) {
  const box = $("#toasts");
  if (!box) return null;
  const note = el("div", { class: "toast-note", "data-tone": tone }, (SIGN[tone] ?? SIGN.info)(), el("span", {}, text));
  if (undo) note.append(button("撤销", () => takeBack(undo, note)));
  if (retry) note.append(button("重试", () => (note.remove(), retry())));
  note.append(closer(note));
  box.append(note);
  leaveLater(note, lasts ?? (tone === "bad" ? 0 : undo ? 10 : 5));
  return note;
}

function button(label, act) {
  const node = el("button", { type: "button", class: "btn btn-sm" }, label);
  node.addEventListener("click", act);
  return node;
}

function closer(note) {
  const node = el("button", { type: "button", class: "x", "aria-label": "关闭提示" }, icon("x"));
  node.addEventListener("click", () => note.remove());
  return node;
}

function leaveLater(note, seconds) {
  if (!seconds) return;
  setTimeout(() => (note.matches(":hover, :focus-within") ? leaveLater(note, seconds) : note.remove()), seconds * 1000);
}

async function takeBack(address, note) {
  note.remove();
  try {
    const answer = await fetch(address, { method: "POST", headers: { "X-XSRFToken": meta("xsrf-token"), Accept: "application/json" } });
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) return toast(body.message || "没能撤销，请刷新后再看", { tone: "bad" });
    toast(body.message || "已撤销", { tone: "ok" });
    document.dispatchEvent(new CustomEvent("hotline:undone", { detail: body }));
  } catch {
    toast("网络不通，没能撤销", { tone: "bad", retry: () => takeBack(address, note) });
  }
}

export function startToasts() {
  document.addEventListener("toast", ({ detail }) => toast(detail.text ?? detail.value, detail));
  on("click", "[data-toast-close]", (_event, node) => node.closest(".toast-note").remove());
  each(".toast-note[data-lasts]", (note) => leaveLater(note, Number(note.dataset.lasts)));
  each("[data-undo]", (node) => node.addEventListener("click", () => takeBack(node.dataset.undo, node.closest(".toast-note") ?? node)));
}
