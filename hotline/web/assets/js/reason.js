// Acts that cannot be undone ask for a typed reason: <form data-reason="为什么作废？"> or a button with the same attribute.
// The reason goes into a field named `reason`. hx-confirm is shown in the same dialog, without a reason.
import { $, el } from "./dom.js";

/** Opens the dialog; resolves to the reason (or "" when none is asked for), or null when the person steps back. */
export function askReason(title, { hint = "", least = 4, asks = true, yes = "确定", tone = "danger" } = {}) {
  const text = el("textarea", { class: "form-control", id: "reason-text", rows: 3, maxlength: 500, required: "", "aria-describedby": "reason-hint" });
  const error = el("p", { class: "form-error", role: "alert" });
  const field = el("div", { class: "field" }, el("label", { class: "form-label", for: "reason-text" }, "理由"), text, el("small", { class: "form-hint", id: "reason-hint" }, hint || "理由会记在经过里，处理这件事的人都能看到。"), error);
  const back = el("button", { type: "button", class: "btn" }, "返回");
  const go = el("button", { type: "submit", class: tone === "danger" ? "btn btn-danger" : "btn btn-primary" }, yes);
  const form = el("form", { method: "dialog" }, el("div", { class: "dialog-head" }, el("h2", { id: "reason-title" }, title)), el("div", { class: "dialog-body" }), el("div", { class: "dialog-foot" }, back, go));
  if (asks) $(".dialog-body", form).append(field);
  else $(".dialog-body", form).remove();
  const dialog = el("dialog", { class: "dialog", "aria-labelledby": "reason-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  (asks ? text : go).focus();
  return new Promise((resolve) => {
    let answer = null;
    back.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const said = text.value.trim();
      if (asks && [...said].length < least) return (error.textContent = `请写明理由，至少 ${least} 个字`), text.focus();
      answer = said;
      dialog.close();
    });
    dialog.addEventListener("close", () => (dialog.remove(), resolve(answer)));
  });
}

function withReason(form, reason) {
  const field = $('input[name="reason"]', form) ?? form.appendChild(el("input", { type: "hidden", name: "reason" }));
  field.value = reason;
}

export function startReasons() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const asking = event.submitter?.dataset.reason ?? form.dataset.reason;
    if (!asking || form.dataset.reasoned) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const before = document.activeElement;
    const reason = await askReason(asking, { hint: form.dataset.reasonHint, tone: form.dataset.reasonTone, yes: event.submitter?.textContent.trim() || "确定" });
    if (reason === null) return before?.focus();
    withReason(form, reason);
    form.dataset.reasoned = "1";
    form.requestSubmit(event.submitter);
    delete form.dataset.reasoned;
  }, true);
  document.addEventListener("htmx:confirm", async (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    const answer = await askReason(event.detail.question, { asks: false });
    if (answer !== null) event.detail.issueRequest(true);
  });
}
