// Builds the styles, scripts and the icon sprite into ../static/dist under hashed names, with manifest.json beside them.
//
// May surprise: the kit's `light-dark(a, b)` becomes `a` (the product has one theme, and browsers before 2024 drop
// the whole rule otherwise), and the portal gets only those of the kit's rules whose names occur in its templates and
// scripts, because a citizen's phone pays for every kilobyte. A class of the kit must therefore stand in a template.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { PurgeCSS } from "purgecss";

const HERE = dirname(fileURLToPath(import.meta.url));
const TEMPLATES = join(HERE, "..", "templates");
const DIST = join(HERE, "..", "static", "dist");
const TARGET = ["chrome100", "firefox100", "safari15.4"];

function filesUnder(folder, extension) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith(extension) && statSync(path).isFile())
    .sort();
}

/** Replaces every light-dark(a, b) by a; brackets inside a are counted. */
function lightOnly(css) {
  const open = "light-dark(";
  let out = "";
  let at = 0;
  for (let start = css.indexOf(open); start !== -1; start = css.indexOf(open, at)) {
    out += css.slice(at, start);
    let depth = 1;
    let comma = -1;
    let i = start + open.length;
    for (; depth > 0; i++) {
      if (css[i] === "(") depth++;
      else if (css[i] === ")") depth--;
      else if (css[i] === "," && depth === 1 && comma === -1) comma = i;
    }
    out += lightOnly(css.slice(start + open.length, comma));
    at = i;
  }
  return out + css.slice(at);
}

const oneTheme = {
  name: "one-theme",
  setup(build) {
    build.onLoad({ filter: /tabler\.css$/ }, ({ path }) => ({
      contents: lightOnly(readFileSync(path, "utf8")).replace(/\/\*# sourceMappingURL.*?\*\//, ""),
      loader: "css",
    }));
  },
};

async function bundle(entry, extra = {}) {
  const result = await esbuild.build({
    entryPoints: [join(HERE, entry)],
    bundle: true,
    minify: true,
    write: false,
    target: TARGET,
    legalComments: "none",
    logLevel: "warning",
    plugins: [oneTheme],
    ...extra,
  });
  return result.outputFiles[0].text;
}

async function portalStyle() {
  const kit = await bundle("node_modules/@tabler/core/dist/css/tabler.css", { minify: false });
  const folders = ["base", "components", "portal", "public"].map((name) => join(TEMPLATES, name));
  const templates = filesUnder(TEMPLATES, ".html")
    .filter((path) => folders.some((folder) => path.startsWith(folder)))
    .filter((path) => !/base.(desk|styleguide)\.html$/.test(path));
  const [{ css: kept }] = await new PurgeCSS().purge({
    content: [...templates, ...filesUnder(join(HERE, "js"), ".js")].map((path) => ({
      raw: readFileSync(path, "utf8"),
      extension: "html",
    })),
    css: [{ raw: kit }],
    safelist: [":focus-visible"],
    variables: true,
    keyframes: true,
  });
  const small = await esbuild.transform(kept, { loader: "css", minify: true, target: TARGET });
  return small.code + (await bundle("css/portal.entry.css"));
}

function iconNames() {
  const names = new Set(
    readFileSync(join(HERE, "icons.txt"), "utf8")
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line && !line.startsWith("#")),
  );
  for (const path of filesUnder(TEMPLATES, ".html")) {
    for (const [, name] of readFileSync(path, "utf8").matchAll(/\bicon(?:\(|\s*=\s*|["']:\s*)["']([a-z0-9-]+)["']/g)) names.add(name);
  }
  for (const path of filesUnder(join(HERE, "js"), ".js")) {
    for (const [, name] of readFileSync(path, "utf8").matchAll(/\bicon\(["']([a-z0-9-]+)["']/g)) names.add(name);
  }
  return [...names].sort();
}

function symbol(name) {
  const path = join(HERE, "node_modules/@tabler/icons/icons/outline", `${name}.svg`);
  let svg;
  try {
    svg = readFileSync(path, "utf8");
  } catch {
    throw new Error(`图标 “${name}” 在 Tabler 图标库里不存在：请核对模板或 icons.txt`);
  }
  const inner = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>`;
}

function sprite() {
  const logo = readFileSync(join(HERE, "img/logo.svg"), "utf8")
    .replace(/<svg[^>]*>/, '<symbol id="logo" viewBox="0 0 32 32">')
    .replace("</svg>", "</symbol>");
  const body = iconNames().map(symbol).join("");
  return `<svg xmlns="http://www.w3.org/2000/svg">${logo.trim()}${body}</svg>`;
}

/** Writes new files first and takes old ones away last, so that a running server never names a missing file. */
function store(outputs) {
  mkdirSync(DIST, { recursive: true });
  const manifest = {};
  for (const [name, text] of Object.entries(outputs)) {
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 10);
    const dot = name.lastIndexOf(".");
    manifest[name] = `${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
    writeFileSync(join(DIST, manifest[name]), text);
    const size = (gzipSync(text, { level: 9 }).length / 1024).toFixed(1);
    console.log(`  ${name.padEnd(12)} ${(text.length / 1024).toFixed(0).padStart(5)} KB，压缩后 ${size} KB`);
  }
  writeFileSync(join(DIST, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  const current = new Set(["manifest.json", ...Object.values(manifest)]);
  for (const name of readdirSync(DIST)) if (!current.has(name)) rmSync(join(DIST, name));
}

const script = { format: "esm" };
store({
  "desk.css": await bundle("css/desk.entry.css"),
  "admin.css": await bundle("css/admin.css"),
  "portal.css": await portalStyle(),
  "print.css": await bundle("css/print.css"),
  "desk.js": await bundle("js/desk.js", script),
  "charts.js": await bundle("js/charts.js", script),
  "portal.js": await bundle("js/portal.js", script),
  "icons.svg": sprite(),
  "logo.svg": readFileSync(join(HERE, "img/logo.svg"), "utf8"),
});
