// Keeps relative times true while a page stays open. The server writes the first text; the words here are the same.
import { $$ } from "./dom.js";

const pad = (number) => String(number).padStart(2, "0");

/** 刚刚, 3 分钟前, 2 小时前, 3 天前, 11-02 or 2025-11-02; ahead of now: 3 分钟后 … */
export function relative(then, now = new Date()) {
  const minutes = Math.floor(Math.abs(now - then) / 60000);
  const side = then > now ? "后" : "前";
  if (minutes < 1) return side === "前" ? "刚刚" : "马上";
  if (minutes < 60) return `${minutes} 分钟${side}`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} 小时${side}`;
  if (minutes < 7 * 24 * 60) return `${Math.floor(minutes / 1440)} 天${side}`;
  const day = `${pad(then.getMonth() + 1)}-${pad(then.getDate())}`;
  return then.getFullYear() === now.getFullYear() ? day : `${then.getFullYear()}-${day}`;
}

/** 剩余 2 天 / 超期 3 小时 */
export function left(due, now = new Date()) {
  const minutes = Math.floor(Math.abs(due - now) / 60000);
  const amount = minutes >= 2880 ? `${Math.floor(minutes / 1440)} 天` : minutes >= 60 ? `${Math.floor(minutes / 60)} 小时` : `${Math.max(minutes, 1)} 分钟`;
  return (due < now ? "超期 " : "剩余 ") + amount;
}

function refresh() {
  for (const node of $$("time[data-relative]")) node.textContent = relative(new Date(node.dateTime));
  for (const node of $$("[data-due]")) {
    const due = new Date(node.dataset.due);
    const text = node.querySelector("[data-left]");
    if (text) text.textContent = left(due);
    if (due < new Date() && node.dataset.tone !== "bad") turnRed(node);
  }
}

function turnRed(node) {
  node.dataset.tone = "bad";
  const word = node.querySelector("[data-light]");
  if (word) word.textContent = "红";
}

export function startTimes() {
  setInterval(refresh, 30000);
  document.addEventListener("visibilitychange", () => document.hidden || refresh());
}
