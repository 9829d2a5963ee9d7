// Forms: no double submit, character counters, dialogs, menus, tabs, copying.
import { $, $$, each, on } from "./dom.js";

const SENDS = "[hx-post], [hx-put], [hx-patch], [hx-delete]";

/** Listens in the capture phase, before htmx, so that the second of two quick submits reaches nobody. */
function guardDoubleSubmit() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" && !form.matches(SENDS)) return;
    if (form.dataset.sending) {
      event.preventDefault();
      return event.stopImmediatePropagation();
    }
    form.dataset.sending = "1";
    if (form.matches(SENDS)) freeAfterRequest(form);
    else setTimeout(() => freeOrFreeze(form, event));
  }, true);
  window.addEventListener("pageshow", () => $$("form[data-sending]").forEach(thaw));
}

function freeAfterRequest(form) {
  const free = (event) => {
    if (event.type === "htmx:confirm" && !event.detail.question) return;
    delete form.dataset.sending;
    for (const name of ENDS) form.removeEventListener(name, free);
  };
  for (const name of ENDS) form.addEventListener(name, free);
}

const ENDS = ["htmx:afterRequest", "htmx:validation:halted", "htmx:confirm"];

/** A script may have stopped the submit: then the form is free again; else its buttons rest until the next page. */
function freeOrFreeze(form, event) {
  if (event.defaultPrevented) return delete form.dataset.sending;
  for (const node of $$("button", form)) if (!node.disabled && node.type === "submit") node.disabled = node.dataset.rests = true;
}

function thaw(form) {
  delete form.dataset.sending;
  for (const node of $$("button[data-rests]", form)) node.disabled = false;
}

/** Counts characters as people do: one for a rare character beyond the basic plane too. */
function counter(node) {
  const field = document.getElementById(node.dataset.counts);
  const most = Number(node.dataset.most);
  if (!field) return;
  const show = () => {
    const length = [...field.value].length;
    node.textContent = `${length} / ${most}`;
    node.toggleAttribute("data-tone", length > most * 0.9);
    if (length > most * 0.9) node.dataset.tone = length > most ? "bad" : "warn";
  };
  field.addEventListener("input", show);
  show();
}

function dialogs() {
  on("click", "[data-opens]", (event, node) => {
    event.preventDefault();
    const dialog = document.getElementById(node.dataset.opens);
    dialog.returnFocus = node;
    dialog.showModal();
  });
  on("click", "[data-closes]", (_event, node) => node.closest("dialog").close());
  each("dialog", (dialog) => {
    dialog.addEventListener("close", () => dialog.returnFocus?.focus());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  });
  document.addEventListener("close-dialog", (event) => event.target.closest?.("dialog")?.close());
}

/** <details class="menu"> closes on Escape, on a click outside and when another opens; focus goes back to its summary. */
function menus() {
  document.addEventListener("click", (event) => {
    for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
    if (!menu) return;
    event.stopPropagation();
    menu.open = false;
    $("summary", menu).focus();
  });
  document.addEventListener("toggle", ({ target }) => {
    if (target.matches?.(".help-item details.menu[open]")) float(target);
    if (target.matches?.("details.menu[open]")) $("[data-first], input:not([type=hidden]), select, textarea, a, button:not(summary *)", $(".pop", target) ?? target)?.focus();
  }, true);
}

/** A menu of an item in a narrow scrolling list opens over the list, where all of it is seen; it closes when that scrolls. */
function float(menu) {
  const [pop, list] = [$(".pop", menu), menu.closest(".help-part, .pane")];
  if (!list || getComputedStyle(list).overflowY === "visible") return;
  const [at, item] = [$("summary", menu).getBoundingClientRect(), menu.closest(".help-item").getBoundingClientRect()];
  Object.assign(pop.style, { position: "fixed", left: `${item.left}px`, right: "auto", bottom: "auto", width: `${item.width}px` });
  const below = at.bottom + 4;
  const fits = below + pop.offsetHeight <= innerHeight;
  pop.style.top = `${fits ? below : Math.max(4, at.top - 4 - pop.offsetHeight)}px`;
  list.addEventListener("scroll", () => (menu.open = false), { once: true });
}

function tabs() {
  const choose = (tab) => {
    const list = tab.closest("[role=tablist]");
    for (const other of $$("[role=tab]", list)) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", chosen);
      other.tabIndex = chosen ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
    }
    tab.focus();
  };
  on("click", "[role=tab]", (_event, tab) => choose(tab));
  on("keydown", "[role=tab]", (event, tab) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = $$("[role=tab]", tab.closest("[role=tablist]"));
    choose(all[(all.indexOf(tab) + step + all.length) % all.length]);
  });
}

/** A select that says data-submits sends its form when changed (a button does it without script). */
function selfSubmitting() {
  on("change", "[data-submits]", (_event, node) => node.form.requestSubmit());
  each("[data-no-script]", (node) => (node.hidden = true));
}

function copying() {
  on("click", "[data-copies]", async (_event, node) => {
    await navigator.clipboard?.writeText(node.dataset.copies);
    const before = node.textContent;
    node.textContent = "已复制";
    setTimeout(() => (node.textContent = before), 2000);
  });
  on("click", "[data-prints]", () => window.print());
}

export function startForms() {
  guardDoubleSubmit();
  each("[data-counts]", counter);
  dialogs();
  menus();
  tabs();
  selfSubmitting();
  copying();
  $(".error-summary")?.focus();
}
