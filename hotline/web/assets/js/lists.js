// Lists: column choice kept on this browser, select-all with a count, lookup results chosen with the arrow keys.
import { $, $$, each, on } from "./dom.js";

const keyOf = (table) => `hotline.columns.${table.dataset.columns}`;

function hiddenColumns(table) {
  try {
    return new Set(JSON.parse(localStorage.getItem(keyOf(table)) ?? table.dataset.hidden ?? "[]"));
  } catch {
    return new Set();
  }
}

function showColumns(table) {
  const hidden = hiddenColumns(table);
  for (const cell of $$("[data-col]", table)) cell.hidden = hidden.has(cell.dataset.col);
  for (const box of $$(`[data-column-of="${table.id}"]`)) box.checked = !hidden.has(box.value);
}

function columnChoice() {
  each("table[data-columns]", showColumns);
  each("tr[data-row]", (row) => {
    const table = row.closest("table[data-columns]");
    if (table) for (const cell of $$("[data-col]", row)) cell.hidden = hiddenColumns(table).has(cell.dataset.col);
  });
  on("change", "[data-column-of]", (_event, box) => {
    const table = document.getElementById(box.dataset.columnOf);
    const hidden = hiddenColumns(table);
    if (box.checked) hidden.delete(box.value);
    else hidden.add(box.value);
    localStorage.setItem(keyOf(table), JSON.stringify([...hidden]));
    showColumns(table);
  });
}

function selection() {
  const tell = (form) => {
    const count = $$("[data-pick]:checked", form).length;
    for (const node of $$("[data-picked]", form)) node.textContent = count;
    for (const node of $$("[data-needs-picked]", form)) node.disabled = count === 0;
  };
  on("change", "[data-pick], [data-pick-all]", (_event, box) => {
    const scope = box.closest("[data-picks]") ?? document;
    if (box.matches("[data-pick-all]")) for (const one of $$("[data-pick]", scope)) one.checked = box.checked;
    tell(scope);
  });
  each("[data-picks]", tell);
}

/** Lookup: arrows walk through the results, choosing one writes its id and name, Escape closes. */
function lookups() {
  const close = (box) => $(".lookup-results", box).replaceChildren();
  on("click", ".lookup-option", (_event, option) => {
    const box = option.closest(".lookup");
    const kept = $("[data-lookup-value]", box);
    kept.value = option.dataset.id;
    $("[data-lookup-text]", box).value = option.dataset.name;
    close(box);
    $("[data-lookup-text]", box).focus();
    kept.dispatchEvent(new Event("change", { bubbles: true }));
  });
  on("input", "[data-lookup-text]", (_event, text) => {
    $("[data-lookup-value]", text.closest(".lookup")).value = "";
  });
  on("keydown", ".lookup", (event, box) => {
    if (event.key === "Escape") return close(box);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const options = $$(".lookup-option", box);
    if (!step || !options.length) return;
    event.preventDefault();
    options[Math.max(0, Math.min(options.length - 1, options.indexOf(document.activeElement) + step))].focus();
  });
  document.addEventListener("click", (event) => {
    for (const box of $$(".lookup")) if (!box.contains(event.target)) close(box);
  });
}

export function startLists() {
  columnChoice();
  selection();
  lookups();
}
