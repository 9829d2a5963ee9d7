// The keyboard map of the desks. Keys are declared in the page: data-key="F4" on a button or link presses it,
// data-key="alt+2" on a panel moves the focus there. `?` shows the map, made from the page itself.
import { $, $$, el, on } from "./dom.js";

const BUILT_IN = [
  ["?", "显示本页的按键"],
  ["/", "搜索"],
  ["j / k", "列表下一行 / 上一行"],
  ["Enter", "打开选中的一行"],
  ["x", "勾选当前行"],
  ["1 2 3", "选第几个候选"],
  ["Ctrl+Enter", "提交当前表单"],
  ["Esc", "关闭弹层"],
];

const typing = (node) => node.matches?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])");

function nameOf(event) {
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("ctrl");
  if (event.altKey) parts.push("alt");
  const digit = event.altKey && /^Digit[0-9]$/.test(event.code) ? event.code.slice(5) : event.key;
  parts.push(digit.toLowerCase());
  return parts.join("+");
}

const seen = (node) => node.offsetParent !== null || node.getClientRects().length > 0;

function declared(name) {
  return $$("[data-key]").find((node) => node.dataset.key.toLowerCase().split(" ").includes(name) && seen(node));
}

function press(node) {
  if (node.disabled || node.getAttribute("aria-disabled") === "true") return;
  if (node.matches("a, button, summary, label, input[type=radio], input[type=checkbox], [role=tab]")) return node.focus(), node.click();
  const inside = node.matches("input, textarea, select") ? node : $("input:not([type=hidden]), textarea, select, a, button", node);
  (inside ?? node).focus();
}

function submitHere(event) {
  const form = event.target.closest("form") ?? $("form[data-main]");
  if (!form) return;
  event.preventDefault();
  const main = $("[data-default], .btn-primary[type=submit], button[type=submit]", form);
  form.requestSubmit(main instanceof HTMLButtonElement && main.form === form && !main.disabled ? main : undefined);
}

function step(by) {
  const rows = $$("[data-row]").filter(seen);
  if (!rows.length) return false;
  const here = rows.findIndex((row) => row.matches("[data-here], :focus-within"));
  const next = rows[Math.min(Math.max(here + by, 0), rows.length - 1)];
  for (const row of rows) row.toggleAttribute("data-here", row === next);
  ($("a[data-open]", next) ?? $("a", next) ?? next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  next.dispatchEvent(new CustomEvent("hotline:row", { bubbles: true }));
  return true;
}

function chooseCandidate(number) {
  const input = $$(".candidates").find(seen)?.querySelectorAll("input[type=radio]")[number - 1];
  if (!input) return false;
  input.click();
  input.focus();
  return true;
}

function plainKey(event) {
  const key = event.key;
  if (key === "?") return showMap(), true;
  if (key === "/") return $$("[data-search]").find(seen)?.focus(), true;
  if (key === "j") return step(1);
  if (key === "k") return step(-1);
  if (key === "x") return $("[data-row][data-here] input[type=checkbox], [data-row]:focus-within input[type=checkbox]")?.click(), true;
  if (/^[1-9]$/.test(key)) return chooseCandidate(Number(key));
  return false;
}

function listen(event) {
  if (event.isComposing || event.repeat && event.key === "Enter") return;
  const name = nameOf(event);
  if (name === "ctrl+enter") return submitHere(event);
  const target = (name.length > 1 || !typing(event.target)) && declared(name);
  if (target && !(document.querySelector("dialog[open]") && !target.closest("dialog"))) {
    event.preventDefault();
    return press(target);
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
  if (plainKey(event)) event.preventDefault();
}

function label(node) {
  const own = node.dataset.keyLabel || node.getAttribute("aria-label");
  if (own) return own;
  const copy = node.cloneNode(true);
  for (const key of $$("kbd", copy)) key.remove();
  return copy.textContent.replace(/\s+/g, " ").trim().slice(0, 20);
}

const spelled = (keys) => keys.replace(/\b(alt|ctrl)\+/gi, (word) => word[0].toUpperCase() + word.slice(1).toLowerCase());

function showMap() {
  $("#key-map")?.remove();
  const own = $$("[data-key]").filter(seen).map((node) => [spelled(node.dataset.key), label(node)]);
  const list = el("dl", { class: "key-map" }, ...[...own, ...BUILT_IN].map(([keys, what]) => el("div", {}, el("dt", {}, what), el("dd", {}, el("kbd", {}, keys)))));
  const close = el("button", { type: "button", class: "btn", "data-closes": "" }, "知道了");
  const dialog = el("dialog", { class: "dialog", id: "key-map", "aria-labelledby": "key-map-title" },
    el("div", { class: "dialog-head" }, el("h2", { id: "key-map-title" }, "本页的按键")),
    el("div", { class: "dialog-body" }, list),
    el("div", { class: "dialog-foot" }, close));
  const before = document.activeElement;
  dialog.addEventListener("close", () => (dialog.remove(), before?.focus()));
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
}

export function startKeyboard() {
  document.addEventListener("keydown", listen);
  on("click", "[data-shows-keys]", showMap);
}
