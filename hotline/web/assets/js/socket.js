// One WebSocket for live things (screen pop, agent state, counts). The server sends {"type": "call.ringing", ...};
// pages listen with document.addEventListener("ws:call.ringing", e => e.detail). After every (re)connection
// "ws:open" fires so that pages read their state again: messages missed while away are not sent twice.
import { $, el, meta } from "./dom.js";

const LONGEST = 30000;
let socket = null;
let tries = 0;

/** Sends a message; gives false when the line is down, so that the caller can say so. */
export function send(message) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(message));
  return true;
}

const announce = (name, detail) => document.dispatchEvent(new CustomEvent(`ws:${name}`, { detail }));

function connect(path) {
  const address = new URL(path, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  socket = new WebSocket(address);
  socket.addEventListener("open", () => {
    tries = 0;
    $(".link-lost")?.remove();
    announce("open", {});
  });
  socket.addEventListener("message", (event) => {
    const message = parse(event.data);
    if (message?.type) announce(message.type, message);
  });
  socket.addEventListener("close", (event) => lost(path, event.code));
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Waits 1, 2, 4 … 30 s with jitter, so that a restarted server is not met by every desk at once. */
function lost(path, code) {
  announce("closed", { code });
  if (code === 4401) return;
  if (tries >= 1) showLost();
  const wait = Math.min(LONGEST, 1000 * 2 ** tries) * (0.5 + Math.random() / 2);
  tries += 1;
  setTimeout(() => connect(path), wait);
}

function showLost() {
  if ($(".link-lost")) return;
  document.body.append(el("div", { class: "link-lost", role: "status" }, "实时连接断开，正在重连；来电弹屏和计数可能不是最新"));
}

export function startSocket() {
  const path = meta("ws");
  if (path) connect(path);
  document.addEventListener("ws:count", ({ detail }) => {
    for (const node of document.querySelectorAll(`[data-count="${CSS.escape(detail.name)}"]`)) node.textContent = detail.value || "";
  });
  document.addEventListener("hotline:send", ({ detail }) => send(detail));
}
