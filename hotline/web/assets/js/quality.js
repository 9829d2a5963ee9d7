// 答复质量 beside the reply's editor: judged anew when the typing rests, quietly left out when that fails.
// [data-jump="start,end"] selects the passage (offsets in characters), [data-insert] puts the missing piece in its place.
import { $, each, meta, on } from "./dom.js";

const WAIT = 900;
const chars = (text, count) => [...text].slice(0, count).join("").length;

function watch(panel) {
  const field = $(`[name="${panel.dataset.qualityOf}"]`);
  if (!field) return;
  let timer;
  let running;
  const judge = async () => {
    running?.abort();
    running = new AbortController();
    panel.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(panel.dataset.qualityUrl, {
        method: "POST",
        body: new URLSearchParams({ public_reply: field.value }),
        headers: { "X-XSRFToken": meta("xsrf-token"), "HX-Request": "true" },
        signal: running.signal,
      });
      if (answer.ok) show(panel, await answer.text());
    } catch {
      // the reply goes on without it
    } finally {
      panel.removeAttribute("aria-busy");
    }
  };
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(judge, WAIT);
  };
  field.addEventListener("input", later);
  if (field.value.trim()) judge();
}

function show(panel, html) {
  const held = panel.contains(document.activeElement) ? document.activeElement.dataset : null;
  panel.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  if (held?.insert) $(`[data-insert="${held.insert}"]`, panel)?.focus();
}

function select(field, start, end) {
  field.focus();
  field.setSelectionRange(start, end);
  const line = parseFloat(getComputedStyle(field).lineHeight) || 20;
  const lines = Math.floor(start / Math.max(12, field.clientWidth / 14));
  field.scrollTop = Math.max(0, lines * line - field.clientHeight / 2);
}

function insert(field, name, snippet) {
  const text = field.value.replace(/\s+$/, "");
  const at = name === "greeting" ? 0 : ending(text, name);
  const glue = at > 0 && (name === "date" || name === "signature") ? "\n" : "";
  field.setRangeText(glue + snippet, at, at, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const hole = snippet.indexOf("〔");
  const from = at + glue.length + Math.max(0, hole);
  const to = hole < 0 ? at + glue.length + snippet.length : at + glue.length + snippet.indexOf("〕", hole) + 1;
  select(field, hole < 0 ? to : from, to);
}

/** Where a piece belongs: the signature before the date, everything else before both. */
function ending(text, name) {
  const date = /\s*20\d\d年\d{1,2}月\d{1,2}日[。\s]*$/.exec(text);
  const end = date ? date.index : text.length;
  if (name === "date") return text.length;
  if (name === "signature") return end;
  const signed = /(?<=[。！!；;\s])[一-鿿]{3,26}(局|委|办|中心|政府|办事处|居委会|大队|支队|所|站|公司|院|馆|处)$/.exec(text.slice(0, end));
  return signed ? signed.index : end;
}

export function startQuality() {
  each("[data-quality-url]", watch);
  const fieldOf = (node) => $(`[name="${node.closest("[data-quality-url]")?.dataset.qualityOf}"]`);
  on("click", "[data-jump]", (event, button) => {
    const field = fieldOf(button);
    if (!field) return;
    const [start, end] = button.dataset.jump.split(",").map(Number);
    select(field, chars(field.value, start), chars(field.value, end));
  });
  on("click", "[data-insert]", (event, button) => {
    const field = fieldOf(button);
    if (field) insert(field, button.dataset.insert, button.dataset.snippet);
  });
}
