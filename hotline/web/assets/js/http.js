// htmx set to our rules (no eval, no inline style), the CSRF header, and one way of telling that a request failed.
// Failures come as JSON {ok, code, message, details}; 422 may also bring the form back as HTML, which is swapped in.
import htmx from "htmx.org/dist/htmx.esm.js";
import { $, meta } from "./dom.js";
import { toast } from "./toast.js";

const WORDS = {
  401: "登录已失效，请重新登录",
  403: "没有权限做这件事",
  404: "要找的内容不存在或已被移走",
  409: "别人刚改过这里，请核对后再提交",
  413: "内容太大，请减小后再试",
  429: "操作太快，请稍后再试",
  503: "服务暂时繁忙，请稍后再试",
};

export function startHttp() {
  Object.assign(htmx.config, {
    includeIndicatorStyles: false,
    allowEval: false,
    allowScriptTags: false,
    selfRequestsOnly: true,
    historyCacheSize: 0,
    refreshOnHistoryMiss: true,
    scrollBehavior: "auto",
    timeout: 30000,
    responseHandling: [
      { code: "204", swap: false },
      { code: "[23]..", swap: true },
      { code: "422", swap: true, error: true },
      { code: "...", swap: false, error: true },
    ],
  });
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    detail.headers["X-XSRFToken"] = meta("xsrf-token");
  });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    const type = detail.xhr.getResponseHeader("Content-Type") ?? "";
    if (detail.xhr.status === 422 && !type.includes("html")) detail.shouldSwap = false;
  });
  document.addEventListener("htmx:responseError", ({ detail }) => tellFailure(detail));
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, ({ detail }) => tellNetwork(detail));
  }
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    $(".error-summary", detail.elt)?.focus();
  });
  return htmx;
}

function tellFailure({ xhr, elt }) {
  const body = readJson(xhr);
  if (xhr.status === 422 && !body) return;
  const message = body?.message ?? WORDS[xhr.status] ?? "系统出错了，请稍后再试；反复出现请联系管理员";
  elt.dispatchEvent(new CustomEvent("hotline:failed", { bubbles: true, detail: { status: xhr.status, ...body } }));
  if (xhr.status === 401) return toast(message, { tone: "bad", retry: () => location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search)) });
  toast(message, { tone: "bad", retry: xhr.status >= 500 ? () => again(elt) : null });
}

function tellNetwork({ elt }) {
  toast("网络不通或太慢，内容没有提交；已填的内容都在", { tone: "bad", retry: () => again(elt) });
}

function readJson(xhr) {
  try {
    return JSON.parse(xhr.responseText);
  } catch {
    return null;
  }
}

/** Sends again what `node` sent: its own event, as htmx wired it. */
function again(node) {
  const trigger = node.getAttribute("hx-trigger")?.split(/[\s,]/)[0];
  if (node instanceof HTMLFormElement) node.requestSubmit();
  else if (trigger && !["every", "load", "revealed"].includes(trigger)) htmx.trigger(node, trigger);
  else if (node.matches("a, button")) node.click();
  else htmx.ajax("GET", node.getAttribute("hx-get"), { source: node, target: node });
}
