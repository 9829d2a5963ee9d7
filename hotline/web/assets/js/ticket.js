// The page of one ticket: says when somebody else has changed it, and leaves what is being typed alone.
import { $ } from "./dom.js";
import { toast } from "./toast.js";

export function startTicket() {
  const here = $("[data-ticket]");
  if (!here) return;
  let told = false;
  document.addEventListener("ws:ticket.changed", ({ detail }) => {
    if (told || detail.no !== here.dataset.ticket) return;
    told = true;
    const note = toast("这件工单刚有变化", { tone: "info", retry: () => location.reload(), lasts: 0 });
    const button = note && $("button.btn", note);
    if (button) button.textContent = "刷新";
  });
}
