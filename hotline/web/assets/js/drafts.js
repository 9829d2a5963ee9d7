// Drafts: what is typed is kept. On desks it is posted to data-draft-url; on the portal it stays on the device
// (data-draft-local="key"), is offered again on return and is thrown away by a page that carries data-draft-done="key".
// Fields marked data-no-draft, passwords, files and hidden tokens are never kept.
import { $, each, el, meta } from "./dom.js";

const WAIT = 1200;
const clock = () => new Date().toTimeString().slice(0, 8);

function fieldsOf(form) {
  const data = new FormData(form);
  const skip = [...form.elements].filter((node) => node.matches("[type=password],[type=file],[name=_xsrf],[data-no-draft]"));
  for (const node of skip) data.delete(node.name);
  return data;
}

function debounce(work) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, WAIT);
  };
}

function say(form, text, tone) {
  const place = $(form.dataset.draftSays || "[data-saved]", form.dataset.draftSays ? document : form) ?? $("[data-saved]");
  if (!place) return;
  place.textContent = text;
  if (tone) place.dataset.tone = tone;
  else delete place.dataset.tone;
}

function keepOnServer(form) {
  let sequence = 0;
  const save = async () => {
    const mine = ++sequence;
    say(form, "草稿保存中…");
    try {
      const answer = await fetch(form.dataset.draftUrl, {
        method: "POST",
        body: new URLSearchParams(fieldsOf(form)),
        headers: { "X-XSRFToken": meta("xsrf-token"), Accept: "application/json" },
      });
      const body = await answer.json().catch(() => ({}));
      if (mine !== sequence) return;
      if (!answer.ok) return say(form, body.message || "草稿没有存上", "bad");
      if (body.draft_url) form.dataset.draftUrl = body.draft_url;
      say(form, `草稿已存 ${clock()}`);
      form.dispatchEvent(new CustomEvent("hotline:draft-saved", { bubbles: true, detail: body }));
    } catch {
      if (mine === sequence) say(form, "网络不通，草稿暂存在本页，稍后自动再存", "warn");
      setTimeout(later, 5000);
    }
  };
  const later = debounce(save);
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", () => sequence++);
}

const storageKey = (key) => `hotline.draft.${key}`;

function readLocal(key) {
  try {
    return JSON.parse(localStorage.getItem(storageKey(key)) ?? "null");
  } catch {
    return null;
  }
}

function keepOnDevice(form) {
  const key = form.dataset.draftLocal;
  const kept = readLocal(key);
  if (kept && isBlank(form)) offer(form, key, kept);
  const save = debounce(() => {
    try {
      localStorage.setItem(storageKey(key), JSON.stringify({ at: Date.now(), fields: [...fieldsOf(form)] }));
      say(form, `草稿已存在本机 ${clock()}`);
    } catch {
      say(form, "本机不能存草稿，请一次填完", "warn");
    }
  });
  form.addEventListener("input", save);
}

const isBlank = (form) => [...form.elements].every((node) => !node.matches("textarea, input[type=text], input[type=tel]") || !node.value);

function offer(form, key, kept) {
  const text = `您上次填到一半的内容还在（${new Date(kept.at).toLocaleString("zh-CN")}）。`;
  const take = el("button", { type: "button", class: "btn btn-sm btn-primary" }, "接着填");
  const drop = el("button", { type: "button", class: "btn btn-sm" }, "不要了");
  const box = el("div", { class: "notice", role: "status" }, el("span", {}, text), take, drop);
  take.addEventListener("click", () => (fill(form, kept.fields), box.remove()));
  drop.addEventListener("click", () => (localStorage.removeItem(storageKey(key)), box.remove()));
  form.prepend(box);
}

function fill(form, fields) {
  for (const [name, value] of fields) {
    for (const node of [form.elements[name]].flat().filter(Boolean)) {
      if (node instanceof RadioNodeList) node.value = value;
      else if (node.type === "checkbox") node.checked = node.value === value;
      else node.value = value;
    }
  }
  form.dispatchEvent(new Event("change", { bubbles: true }));
  for (const node of form.elements) node.dispatchEvent(new Event("input", { bubbles: true }));
}

export function startDrafts() {
  each("form[data-draft-url]", keepOnServer);
  each("form[data-draft-local]", keepOnDevice);
  each("[data-draft-done]", (node) => {
    try {
      localStorage.removeItem(storageKey(node.dataset.draftDone));
    } catch {
      // a browser that forbids storage has kept nothing
    }
  });
}
