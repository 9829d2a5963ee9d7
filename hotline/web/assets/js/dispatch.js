// The dispatch desk and the unit desk: what others did meanwhile is told, never shoved in. After a word on the socket
// the page asks once for counts, new items and claims; leaving an item gives it back.
import { $, $$, each, el, meta } from "./dom.js";

const QUIET = 700;
const heard = new Set();
let timer = null;

function later(work) {
  clearTimeout(timer);
  timer = setTimeout(work, QUIET);
}

async function askDispatch(desk) {
  const side = $("[data-queue-tab]", desk);
  const open = $("[data-open-ticket]", desk);
  const cards = $$("[data-item]", side);
  const shown = new Set(cards.map((card) => card.dataset.no));
  const fresh = [...heard].filter((no) => !shown.has(no)).slice(-100);
  const query = new URLSearchParams({ tab: side.dataset.queueTab, heard: fresh.join(","), items: cards.map((card) => card.dataset.item).slice(0, 200).join(",") });
  if (open) query.set("no", open.dataset.openTicket), query.set("seen", open.dataset.seen);
  const answer = await fetch(`/dispatch/pulse?${query}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const state = await answer.json();
  for (const [tab, count] of Object.entries(state.counts)) for (const node of $$(`[data-tab-count="${tab}"]`)) node.textContent = count;
  tellNew(side, state.new.length);
  for (const card of cards) tellClaim(card, state.claims[card.dataset.item]);
  tellMoved(desk, state.moved);
}

function tellNew(side, count) {
  const bar = $("[data-queue-news]", side);
  bar.hidden = !count;
  if (count) $("span", bar).textContent = `有 ${count} 件新的，点此更新`;
}

function tellClaim(card, claim) {
  const line = $("[data-claim]", card);
  line.hidden = !claim;
  $("span", line).textContent = claim ? (claim.mine ? "您正在处理" : `${claim.holder} 正在处理`) : "";
  const box = $("[data-pick]", card);
  if (box) box.disabled = Boolean(claim && !claim.mine);
}

function tellMoved(desk, text) {
  const bar = $("[data-moved]", desk);
  if (!bar) return;
  bar.hidden = !text;
  if (text) $("span", bar).textContent = text;
}

/** Leaving frees the item; the browser sends this even while the page goes away. */
function leaveOnExit() {
  let acting = false;
  document.addEventListener("submit", () => (acting = true));
  window.addEventListener("pageshow", () => (acting = false));
  window.addEventListener("pagehide", () => {
    const line = $("[data-claimed]");
    if (!line || acting) return;
    navigator.sendBeacon("/dispatch/leave", new URLSearchParams({ _xsrf: meta("xsrf-token"), queue: line.dataset.claimed, id: line.dataset.claimedId }));
  });
}

/** The assists follow the chosen candidate until a person touches them. */
function assists(form) {
  const boxes = $("[data-assist-boxes]", form);
  let touched = false;
  boxes.addEventListener("change", () => (touched = true));
  form.addEventListener("change", ({ target }) => {
    if (target.name === "lead" && !touched && target.dataset.assists !== undefined) {
      const wanted = new Set(target.dataset.assists.split(" "));
      for (const box of $$("input", boxes)) box.checked = wanted.has(box.value);
    }
    if (target.name === "lead" && target.value === "other") $('[name="other_text"]', form)?.focus();
    if (target.name === "other" && target.value) $('[name="lead"][value="other"]', form)?.click();
    if (target.name === "assist_more" && target.value) addAssist(form, boxes, target);
  });
}

function addAssist(form, boxes, kept) {
  const text = $('[name="assist_more_text"]', form);
  const there = $$("input", boxes).find((box) => box.value === kept.value);
  if (there) there.checked = true;
  else boxes.append(el("label", { class: "form-check" }, el("input", { class: "form-check-input", type: "checkbox", name: "assists", value: kept.value, checked: "" }), el("span", { class: "form-check-label" }, text.value)));
  kept.value = text.value = "";
  boxes.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Reveals what only one answer needs (未解决原因 behind 未解决). */
function conditional(node) {
  const form = node.closest("form");
  const [name, value] = node.dataset.onlyWhen.split("=");
  const show = () => (node.hidden = new FormData(form).get(name) !== value);
  form.addEventListener("change", show);
  show();
}

/** Numbers of people in what everybody may read: told while writing, refused by the server on sending. */
function warnsPersonal(node) {
  const field = node.closest("form").elements[node.dataset.warnsPersonal];
  const look = () => (node.hidden = !/(^|\D)(1[3-9]\d{9}|\d{17}[\dXx]|\d{16,19})(?!\d)/.test(field.value.replace(/[\s-]/g, "")));
  field.addEventListener("input", look);
  look();
}

async function askUnit(page) {
  const query = new URLSearchParams({ no: page.dataset.openTicket ?? "", assignment: page.dataset.assignment ?? "", seen: page.dataset.seen ?? "0" });
  const answer = await fetch(`/unit/pulse?${query}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const state = await answer.json();
  for (const [tab, count] of Object.entries(state.counts)) for (const node of $$(`[data-tab-count="${tab}"]`)) node.textContent = count;
  for (const node of $$('[data-count="notices"]')) node.textContent = state.unread || "";
  const bar = $("[data-unit-news]");
  if (bar) bar.hidden = state.counts[bar.dataset.unitNews] === Number(bar.dataset.before);
  tellMoved(page, state.moved);
}

export function startDispatch() {
  const desk = $("[data-dispatch-desk]");
  const unit = $("[data-unit-desk]");
  each("[data-dispatch-form]", assists);
  each("[data-only-when]", conditional);
  each("[data-warns-personal]", warnsPersonal);
  const again = document.getElementById($("[data-reopen]")?.dataset.reopen ?? "");
  again?.showModal();
  if (location.search.includes("did=")) forgetDone();
  if (!desk && !unit) return;
  const ask = desk ? () => askDispatch(desk) : () => askUnit(unit);
  document.addEventListener("ws:ticket.changed", ({ detail }) => (heard.add(detail.no), later(ask)));
  document.addEventListener("ws:queue.changed", () => later(ask));
  if (!desk) return;
  leaveOnExit();
  $("#item input[type=radio][name=lead]:checked")?.focus({ preventScroll: true });
}

/** The last act is told once: a reload of the page does not tell it again. */
function forgetDone() {
  const url = new URL(location.href);
  for (const name of ["did", "done_no"]) url.searchParams.delete(name);
  history.replaceState(history.state, "", url);
}
