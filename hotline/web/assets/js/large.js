// 大字版 without a reload: the link works by itself (the server sets the cookie); script only spares the wait.
import { on } from "./dom.js";

export function startLargeType() {
  on("click", "a[data-large]", (event, link) => {
    event.preventDefault();
    const large = document.documentElement.classList.toggle("large");
    document.cookie = `large_type=${large ? 1 : 0}; path=/; max-age=31536000; samesite=lax`;
    link.setAttribute("aria-pressed", large);
    link.querySelector("[data-word]").textContent = large ? "标准字号" : "大字版";
    link.href = link.href.replace(/on=[01]/, `on=${large ? 0 : 1}`);
  });
}
