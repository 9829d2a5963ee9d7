// Charts by ECharts on <div data-chart="kind" data-series='{…}'>; loaded only by pages that have any.
//
// The policy of the pages allows no inline style, so tooltips are drawn on the canvas (richText) instead of as HTML.
// What a chart shows stands beside it as a table or list; the canvas is an image with a description.
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { each } from "./dom.js";

echarts.use([BarChart, LineChart, AriaComponent, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

const drawn = new Set();

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function frame() {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const ink = token("--c-ink-faint");
  const axis = { axisLine: { lineStyle: { color: token("--c-line-strong") } }, axisTick: { show: false }, axisLabel: { color: ink } };
  return {
    animation: !still,
    animationDuration: 300,
    textStyle: { fontFamily: token("--f-sans"), fontSize: 12 },
    tooltip: { trigger: "axis", renderMode: "richText", confine: true, axisPointer: { type: "shadow" } },
    grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true },
    category: { type: "category", ...axis },
    value: { type: "value", minInterval: 1, ...axis, axisLine: { show: false }, splitLine: { lineStyle: { color: token("--c-line") } } },
  };
}

const legend = (show = true) => ({ show, top: 0, left: 0, itemWidth: 18, itemHeight: 10, textStyle: { color: token("--c-ink-soft") } });

/** {labels, values, name}: columns over time. */
function trend({ labels, values, name }) {
  const { category, value, ...rest } = frame();
  return {
    ...rest,
    color: [token("--c-accent")],
    grid: { ...rest.grid, top: 12 },
    xAxis: { ...category, data: labels },
    yAxis: value,
    series: [{ name, type: "bar", data: values, barMaxWidth: 36 }],
  };
}

/** {labels, parts: [{name, values}]}: horizontal bars, stacked by part; texture as well as colour tells parts apart. */
function heat({ labels, parts }) {
  const { category, value, ...rest } = frame();
  const colours = ["--c-accent", "--c-warn-line", "--c-ok", "--c-aside", "--c-still", "--c-bad-line"].map(token);
  return {
    ...rest,
    color: colours,
    legend: legend(),
    xAxis: value,
    yAxis: { ...category, data: labels, inverse: true, axisLabel: { ...category.axisLabel, width: Math.min(210, innerWidth * 0.36), overflow: "truncate" } },
    series: parts.map(({ name, values }) => ({ name, type: "bar", stack: "heat", data: values, barMaxWidth: 20 })),
    decals: true,
  };
}

/** {labels, values}: horizontal bars. */
function bars({ labels, values, name }) {
  const { category, value, ...rest } = frame();
  return {
    ...rest,
    color: [token("--c-accent")],
    grid: { ...rest.grid, top: 8 },
    xAxis: value,
    yAxis: { ...category, data: labels, inverse: true, axisLabel: { ...category.axisLabel, width: 150, overflow: "truncate" } },
    series: [{ name, type: "bar", data: values, barMaxWidth: 22, label: { show: true, position: "right", color: token("--c-ink-soft") } }],
  };
}

/** {labels, values, expected, low, high, from}: what came against what is usual, the band around it, and the burst's days. */
function burst({ labels, values, expected, low, high, from }) {
  const { category, value, ...rest } = frame();
  const soft = token("--c-info-line");
  const none = { type: "line", symbol: "none", silent: true, lineStyle: { opacity: 0 }, stack: "band", z: 0, tooltip: { show: false } };
  const column = (count, at) => (at < from ? count : { value: count, itemStyle: { color: token("--c-bad"), decal: { symbol: "line", rotation: 0.785 } } });
  return {
    ...rest,
    legend: { ...legend(), data: ["实际", "平时", "正常范围"] },
    tooltip: { ...rest.tooltip, formatter: (items) => told(items, labels, { values, expected, low, high }) },
    xAxis: { ...category, data: labels },
    yAxis: value,
    series: [
      { ...none, name: "下限", data: low },
      { ...none, name: "正常范围", data: high.map((top, at) => top - low[at]), areaStyle: { color: soft, opacity: 0.6 }, itemStyle: { color: soft } },
      { name: "实际", type: "bar", data: values.map(column), barMaxWidth: 22, z: 2, itemStyle: { color: token("--c-accent") } },
      { name: "平时", type: "line", data: expected, symbol: "none", z: 3, lineStyle: { type: "dashed", width: 2, color: token("--c-ink-soft") }, itemStyle: { color: token("--c-ink-soft") } },
    ],
  };
}

function told(items, labels, { values, expected, low, high }) {
  const at = items[0].dataIndex;
  return `${labels[at]}\n实际 ${values[at]} 件\n平时 ${expected[at]} 件\n正常范围 ${low[at]}–${high[at]}`;
}

const KINDS = { trend, heat, bars, burst };

function draw(node) {
  const kind = KINDS[node.dataset.chart];
  const { decals, ...option } = kind(JSON.parse(node.dataset.series));
  const chart = echarts.init(node);
  const aria = { enabled: true, label: { description: node.getAttribute("aria-label") ?? "" }, decal: { show: Boolean(decals) } };
  chart.setOption({ ...option, aria });
  drawn.add(chart);
  new ResizeObserver(() => chart.isDisposed() || chart.resize()).observe(node);
}

/** Charts whose place htmx has replaced give back their canvas. */
function tidy() {
  for (const chart of drawn) {
    if (chart.getDom().isConnected) continue;
    chart.dispose();
    drawn.delete(chart);
  }
}

each("[data-chart]", draw);
document.addEventListener("htmx:afterSettle", tidy);
