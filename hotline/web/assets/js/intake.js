// The agent's desk: help while typing, marks in the text, sheets, and the call on the line. Help never moves the field
// that is being typed in and never overwrites what a person has set (`touched`); when it is late or fails, the form goes on.
import htmx from "htmx.org/dist/htmx.esm.js";
import { $, $$, el, meta, on } from "./dom.js";
import { toast } from "./toast.js";

const WAIT = 500;
const WATCHED = new Set(["title", "request_type", "urgency", "area", "place", "category", "unit"]);
const form = $("#intake");

const touched = () => new Set($("[data-touched]", form).value.split(",").filter(Boolean));

/** area_2 -> area, category_path_1 -> category: the field that suggestions would otherwise fill. */
const fieldOf = (name) => (name.startsWith("category_path") ? "category" : name.replace(/_\d$/, ""));

function touch(event) {
  const name = fieldOf(event.target.name ?? "");
  if (!WATCHED.has(name)) return;
  const names = touched();
  if ((name === "title" || name === "place") && !event.target.value.trim()) names.delete(name);
  else names.add(name);
  $("[data-touched]", form).value = [...names].join(",");
  if (event.target.name === "category") for (const level of $$("[name^=category_path]", form)) level.value = "";
  if (event.target.name.startsWith("category_path")) for (const radio of $$("[name=category]", form)) radio.checked = false;
}

/* --- help --- */
let timer;
let asking = null;
let entities = [];

function askSoon(event) {
  if (event.target.closest("[data-no-draft], .sheet")) return;
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT);
}

async function ask() {
  asking?.abort();
  const mine = (asking = new AbortController());
  const state = $("[data-help-state]");
  state.textContent = "更新中…";
  try {
    const answer = await fetch(form.dataset.suggestUrl, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { "X-XSRFToken": meta("xsrf-token"), Accept: "application/json" },
      signal: mine.signal,
    });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
    state.textContent = "随诉求更新";
  } catch (error) {
    if (error.name !== "AbortError") state.textContent = "建议暂时没有，不影响登记";
  }
}

/** Pieces whose field has the focus stay as they are; so do choices a person has made. */
function show({ pieces, auto, entities: found }) {
  entities = found;
  mark();
  for (const [id, html] of Object.entries(pieces)) {
    const place = document.getElementById(id);
    if (!place || place.contains(document.activeElement) || $("details[open]", place)) continue;
    const unit = $("input[name=unit]:checked", place)?.value;
    htmx.swap(place, html, { swapStyle: id.startsWith("f-") ? "outerHTML" : "innerHTML" });
    if (unit) for (const radio of $$("input[name=unit]", place)) radio.checked = radio.value === unit;
  }
  const mine = touched();
  for (const [name, value] of Object.entries(auto)) if (!mine.has(name)) fill(name, value);
}

function fill(name, value) {
  const field = form.elements[name];
  if (field === document.activeElement) return;
  if (field instanceof RadioNodeList) field.value = value;
  else if (field) field.value = value;
}

/* --- marks in the text --- */
function mark() {
  const text = $("#f-text");
  const back = $("[data-marks]");
  const words = entities.filter(({ text: word }) => word).sort((a, b) => b.text.length - a.text.length);
  const pattern = words.length ? new RegExp(words.map(({ text: word }) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "g") : null;
  const kinds = new Map(words.map(({ text: word, kind }) => [word, kind]));
  const parts = [];
  let at = 0;
  for (const hit of pattern ? text.value.matchAll(pattern) : []) {
    parts.push(text.value.slice(at, hit.index), el("mark", { "data-kind": kinds.get(hit[0]) }, hit[0]));
    at = hit.index + hit[0].length;
  }
  back.replaceChildren(...parts, text.value.slice(at), "\n");
  back.scrollTop = text.scrollTop;
}

/* --- sheets: direct answer and refusal --- */
function sheets() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const sheet = event.target.closest?.("details.sheet[open]");
    if (!sheet) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    form.requestSubmit($("[data-sheet-default]", sheet));
  }, true);
  on("click", "[data-insert]", (_event, button) => {
    const reply = form.elements.reply;
    reply.value = [reply.value.trim(), button.dataset.insert].filter(Boolean).join("\n");
    $('[data-sheet="answer"]').open = true;
    reply.dispatchEvent(new Event("input", { bubbles: true }));
    reply.focus();
  });
  let script = "";
  on("change", "[data-reasons]", (_event, select) => {
    const told = form.elements.told;
    if (told.value.trim() && told.value !== script) return;
    told.value = script = select.selectedOptions[0]?.dataset.told ?? "";
  });
  on("click", "[data-relates]", (event, link) => {
    if (!form.elements.text.value.trim() && !form.elements.call_id.value) return;
    event.preventDefault();
    $("[data-related]", form).value = link.dataset.relates;
    toast(`提交时关联 ${link.dataset.relates}`, { tone: "ok" });
  });
  document.addEventListener("htmx:afterSwap", ({ detail }) => {
    if (detail.target?.id === "article") document.getElementById("article-dialog").showModal();
  });
}

/* --- the line --- */
let answeredAt = null;
const clock = (seconds) => [seconds / 60, seconds % 60].map((part) => String(Math.floor(part)).padStart(2, "0")).join(":");

function agentState(word, tone) {
  const badge = $("#agent-state");
  badge.dataset.tone = tone;
  $("[data-word]", badge).textContent = word;
}

function showLine(call, word) {
  const line = $("#line");
  const own = form.elements.call_id.value === call.call_id;
  line.hidden = false;
  line.dataset.call = call.call_id;
  $("[data-caller]", line).textContent = call.caller;
  $("[data-hotline]", line).textContent = call.hotline;
  const open = $("[data-line-open]", line);
  open.href = `/desk?call=${encodeURIComponent(call.call_id)}`;
  open.hidden = own;
  agentState(word, "info");
}

const busy = () => Boolean(form.elements.call_id.value || form.elements.text.value.trim() || form.elements.name.value.trim() || form.elements.phone.value.trim());

/** A call opens its form at once; over a form that is in use it only shows itself, nothing typed is lost. */
function pop(call) {
  showLine(call, "振铃");
  if (form.elements.call_id.value === call.call_id) return;
  if (busy()) return toast(`来电 ${call.caller}，拨打 ${call.hotline}。草稿已在，点“打开来电”接着登记`, { tone: "info" });
  location.assign(`/desk?call=${encodeURIComponent(call.call_id)}`);
}

function answered(call) {
  answeredAt = new Date(call.at ?? call.answered_at ?? Date.now());
  showLine(call, "通话中");
}

function ended(call) {
  if ($("#line").dataset.call !== call.call_id) return;
  answeredAt = null;
  $("[data-line-open]").hidden = form.elements.call_id.value === call.call_id;
  agentState(form.elements.call_id.value === call.call_id ? "话后整理" : "就绪", form.elements.call_id.value === call.call_id ? "warn" : "ok");
}

async function readLine() {
  const answer = await fetch("/desk/line", { headers: { Accept: "application/json" } }).catch(() => null);
  const call = answer?.ok ? (await answer.json()).call : null;
  if (!call) return;
  if (call.state === "ringing") pop(call);
  else answered(call);
}

function line() {
  const here = $("#line");
  if (here.dataset.answered) answeredAt = new Date(here.dataset.answered);
  setInterval(() => {
    if (answeredAt) $("[data-timer]", here).textContent = clock(Math.max(0, (Date.now() - answeredAt) / 1000));
  }, 1000);
  const hears = { "call.ringing": pop, "call.answered": answered, "call.resumed": answered, "call.ended": ended, "call.ring_missed": ended };
  for (const [name, act] of Object.entries(hears)) document.addEventListener(`ws:${name}`, ({ detail }) => act(detail));
  document.addEventListener("ws:call.held", ({ detail }) => showLine(detail, "保持"));
  document.addEventListener("ws:open", readLine);
}

function simulate() {
  on("submit", "[data-simulate]", async (event, simulated) => {
    event.preventDefault();
    const body = new URLSearchParams(new FormData(simulated));
    const answer = await fetch(simulated.action, { method: "POST", body, headers: { "X-XSRFToken": meta("xsrf-token"), Accept: "application/json" } }).catch(() => null);
    const said = await answer?.json().catch(() => ({}));
    if (answer?.ok) simulated.closest("dialog").close();
    toast(said?.message ?? "网络不通，没有拨出", { tone: answer?.ok ? "ok" : "bad" });
  });
}

export function startIntake() {
  if (!form) return;
  form.addEventListener("input", touch);
  form.addEventListener("change", touch);
  form.addEventListener("input", askSoon);
  form.addEventListener("change", askSoon);
  form.addEventListener("hotline:draft-saved", ({ detail }) => detail.saved && history.replaceState(null, "", detail.page));
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && event.target.matches("input")) event.preventDefault();
  });
  const text = $("#f-text");
  text.addEventListener("input", mark);
  text.addEventListener("scroll", () => ($("[data-marks]").scrollTop = text.scrollTop));
  sheets();
  line();
  simulate();
  if (text.value.trim()) ask();
}
