// The few DOM words every module uses: no framework, event delegation, and nodes built without innerHTML.

export const $ = (selector, root = document) => root.querySelector(selector);
export const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

/** Listens on the document for events whose target lies inside `selector`. */
export function on(type, selector, handler, options) {
  document.addEventListener(
    type,
    (event) => {
      const target = event.target instanceof Element ? event.target.closest(selector) : null;
      if (target) handler(event, target);
    },
    options,
  );
}

/** Runs `work` on everything matching `selector`, now and in whatever htmx brings later. Each node is met once. */
export function each(selector, work) {
  const met = new WeakSet();
  const look = (root) => {
    const found = root.matches?.(selector) ? [root] : [];
    for (const node of [...found, ...$$(selector, root)]) {
      if (met.has(node)) continue;
      met.add(node);
      work(node);
    }
  };
  look(document);
  document.addEventListener("htmx:load", (event) => look(event.detail.elt));
}

/** el("button", {type: "button", class: "x"}, "关闭", icon("x")) */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value != null && value !== false) node.setAttribute(key, value);
  node.append(...children);
  return node;
}

export const meta = (name) => $(`meta[name="${name}"]`)?.content ?? "";

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(space, "use");
  use.setAttribute("href", `${meta("icons")}#${name}`);
  svg.append(use);
  return svg;
}
