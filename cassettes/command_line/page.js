"use strict";
const tape = JSON.parse(document.getElementById("data").textContent);
const list = document.getElementById("list");
const search = document.getElementById("search");
const longest = Math.max(...tape.interactions.map((one) => one.took || 0), 0.000001);
const hosts = new Set(tape.interactions.map((one) => one.origin)).size;
const chosen = new Set();

// Everything from the tape goes in as text: what was recorded is never taken for markup.
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") made.className = value;
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function seconds(value) {
  if (value === null || value === undefined) return "";
  if (value >= 100) return `${value.toFixed(0)} s`;
  return value >= 1 ? `${value.toFixed(2)} s` : `${(value * 1000).toFixed(value < 0.01 ? 1 : 0)} ms`;
}

function bytes(count) {
  if (count === null || count === undefined) return "";
  if (count < 1000) return `${count} B`;
  return count < 1e6 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

function plural(count, noun) { return `${count} ${noun}${count === 1 ? "" : "s"}`; }

// The list

function outcome(one) {
  if (one.error) return { text: one.error.type, kind: "failed" };
  if (!one.response) return { text: "", kind: "" };
  const text = `${one.response.status} ${one.response.reason || ""}`.trim();
  return { text, kind: `s${Math.floor(one.response.status / 100)}` };
}

function timeBar(one) {
  const bar = element("span", { class: "fall", role: "img", "aria-label": `took ${seconds(one.took) || "an unknown time"}` });
  if (!one.took) return bar;
  const whole = (one.took / longest) * 100;
  const times = (one.response && one.response.times) || [];
  const first = times.length ? Math.min(times[0][1], one.took) : one.took;
  const waited = (first / longest) * 100;
  const place = (made, left, width) => { made.style.left = `${left}%`; made.style.width = `${width}%`; bar.append(made); };
  place(element("i", { class: times.length ? "wait" : "" }), 0, waited);
  if (whole > waited) place(element("i"), waited, whole - waited);
  for (const [, at] of times.slice(0, 200)) {
    const tick = element("b");
    tick.style.left = `${(Math.min(at, one.took) / longest) * 100}%`;
    bar.append(tick);
  }
  bar.title = times.length > 1
    ? `${seconds(first)} to the first piece, ${plural(times.length, "piece")}, ${seconds(one.took)} in all`
    : `${seconds(one.took)} in all`;
  return bar;
}

function row(one) {
  const { text, kind } = outcome(one);
  const size = one.response ? one.response.body.size : null;
  const button = element("button", { class: "row", type: "button", "aria-expanded": "false" },
    element("span", { class: "at mono", title: `line ${one.line}` }, one.line ? `:${one.line}` : ""),
    element("span", { class: "method mono" }, one.method),
    element("span", { class: "where mono", title: one.url },
      one.change ? element("span", { class: `mark ${one.change.kind}` }, one.change.kind) : null,
      one.path, hosts > 1 ? element("small", {}, `  ${one.origin}`) : null),
    element("span", { class: `status ${kind}`, title: text }, text),
    element("span", { class: "size" }, bytes(size)),
    element("span", { class: "took" }, seconds(one.took)),
    timeBar(one));
  const item = element("li", { id: one.line ? `line-${one.line}` : null }, button);
  button.addEventListener("click", () => toggle(item, one));
  item.one = one;
  return item;
}

function toggle(item, one) {
  const button = item.firstChild;
  const isOpen = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!isOpen));
  if (isOpen) item.lastChild.remove();
  else item.append(details(one));
}

// One interaction

function details(one) {
  const views = [];
  if (one.change && one.change.places.length) views.push(["Differences", () => differences(one)]);
  if (one.response) views.push(["Response", () => message(one.response)]);
  if (one.error) views.push(["Error", () => element("pre", { class: "failed" }, `${one.error.type}: ${one.error.message}`)]);
  views.push(["Request", () => message(one.request, one)]);
  if (one.response && one.response.times.length > 1) views.push(["Pieces", () => pieces(one)]);
  views.push(["curl", () => element("pre", {}, one.curl)]);
  const shown = element("div");
  const tabs = element("div", { class: "tabs", role: "group", "aria-label": "What to show" });
  for (const [name, make] of views) {
    const tab = element("button", { type: "button", "aria-pressed": "false" }, name);
    tab.addEventListener("click", () => {
      for (const other of tabs.children) other.setAttribute("aria-pressed", String(other === tab));
      shown.replaceChildren(make());
    });
    tabs.append(tab);
  }
  tabs.firstChild.click();
  return element("div", { class: "open" }, tabs, shown);
}

function message(said, one) {
  const parts = [];
  if (one) parts.push(element("pre", {}, `${one.method} ${one.url}`));
  if (said.headers.length) {
    parts.push(element("h2", {}, plural(said.headers.length, "header field")));
    parts.push(element("table", {}, element("tbody", {},
      ...said.headers.map(([name, value]) => element("tr", {}, element("th", { class: "mono", scope: "row" }, name), element("td", { class: "mono" }, value))))));
  }
  parts.push(element("h2", {}, said.body.size ? `Body, ${bytes(said.body.size)}${said.body.media ? `, ${said.body.media}` : ""}` : "No body"));
  if (said.body.size) parts.push(body(said.body));
  const whole = document.createElement("div");
  whole.append(...parts);
  return whole;
}

function body(said) {
  if (said.omitted) return element("p", { class: "hint" }, said.omitted);
  if (said.base64 !== undefined) {
    if (/^image\/(png|jpeg|gif|webp|avif|bmp)$/.test(said.media)) {
      return element("img", { src: `data:${said.media};base64,${said.base64}`, alt: "the body, an image" });
    }
    return element("pre", {}, hex(said.base64));
  }
  const text = said.text;
  if (/json$/.test(said.media) || /^\s*[[{]/.test(text)) {
    try { return element("div", { class: "tree mono" }, tree(JSON.parse(text), null, 0)); } catch { /* text, then */ }
  }
  if (said.media === "application/x-www-form-urlencoded") {
    return element("table", {}, element("tbody", {}, ...[...new URLSearchParams(text)].map(
      ([name, value]) => element("tr", {}, element("th", { class: "mono", scope: "row" }, name), element("td", { class: "mono" }, value)))));
  }
  return element("pre", {}, text);
}

function hex(base64) {
  const raw = atob(base64).slice(0, 4096);
  const lines = [];
  for (let at = 0; at < raw.length; at += 16) {
    const piece = [...raw.slice(at, at + 16)];
    const codes = piece.map((letter) => letter.charCodeAt(0).toString(16).padStart(2, "0")).join(" ");
    const seen = piece.map((letter) => (/[ -~]/.test(letter) ? letter : ".")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${codes.padEnd(48)} ${seen}`);
  }
  return lines.join("\n");
}

function tree(value, key, depth) {
  const name = key === null ? null : element("span", { class: "key" }, Number.isInteger(key) ? `${key}: ` : `${JSON.stringify(key)}: `);
  if (value === null || typeof value !== "object") {
    const kind = typeof value === "string" ? "string" : typeof value === "number" ? "number" : "word";
    return element("div", {}, name, element("span", { class: kind }, JSON.stringify(value)));
  }
  const entries = Array.isArray(value) ? value.map((each, at) => [at, each]) : Object.entries(value);
  const [left, right] = Array.isArray(value) ? "[]" : "{}";
  if (!entries.length) return element("div", {}, name, `${left}${right}`);
  const open = depth < 2 || entries.length <= 12 && depth < 4;
  const made = element("details", {}, element("summary", {}, name, `${left} `,
    element("span", { class: "hint" }, plural(entries.length, Array.isArray(value) ? "item" : "member")), ` ${right}`));
  const fill = () => { if (made.children.length === 1) made.append(...entries.map(([inner, each]) => tree(each, inner, depth + 1))); };
  made.addEventListener("toggle", fill);
  if (open) { fill(); made.open = true; }
  return made;
}

function pieces(one) {
  let before = 0;
  const rows = one.response.times.map(([end, at]) => {
    const made = element("tr", {}, element("th", { scope: "row" }, seconds(at)), element("td", {}, bytes(end - before)));
    before = end;
    return made;
  });
  return element("table", {}, element("tbody", {}, ...rows));
}

function differences(one) {
  return element("table", {},
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "place"),
      element("th", { scope: "col" }, tape.other || "before"), element("th", { scope: "col" }, tape.path))),
    element("tbody", {}, ...one.change.places.map((place) => element("tr", {},
      element("th", { class: "mono", scope: "row" }, place.name),
      element("td", { class: "mono old" }, place.old === null ? "—" : place.old),
      element("td", { class: "mono new" }, place.new === null ? "—" : place.new)))));
}

// Filters

function classes(one) {
  const found = [one.method];
  if (one.response) found.push(`${Math.floor(one.response.status / 100)}xx`);
  if (one.error) found.push("failed");
  if (one.change) found.push(one.change.kind);
  return found;
}

function isWanted(one) {
  const text = search.value.trim().toLowerCase();
  if (text && !one.haystack.includes(text)) return false;
  const said = classes(one);
  // Chips of one kind are alternatives, those of different kinds all hold.
  const kinds = [[/^[A-Z]+$/], [/^(\dxx|failed)$/], [/^(added|removed|changed)$/]];
  return kinds.every(([kind]) => {
    const wanted = [...chosen].filter((chip) => kind.test(chip));
    return !wanted.length || wanted.some((chip) => said.includes(chip));
  });
}

function refresh() {
  let count = 0;
  for (const item of list.children) {
    const wanted = isWanted(item.one);
    item.hidden = !wanted;
    count += wanted;
  }
  const all = tape.interactions.length;
  document.getElementById("shown").textContent = count === all ? "" : `${count} of ${plural(all, "interaction")}`;
}

function haystack(one) {
  const parts = [one.method, one.url, one.error ? `${one.error.type} ${one.error.message}` : ""];
  for (const said of [one.request, one.response]) {
    if (!said) continue;
    parts.push(said.status || "", ...said.headers.flat(), said.body.text || "");
  }
  return parts.join("\n").toLowerCase();
}

// Keys

function visible() { return [...list.children].filter((item) => !item.hidden); }

function move(step) {
  const items = visible();
  const at = items.findIndex((item) => item.contains(document.activeElement));
  const next = items[Math.min(Math.max(at + step, 0), items.length - 1)];
  if (next) { next.firstChild.focus(); next.scrollIntoView({ block: "nearest" }); }
}

function here() { return visible().find((item) => item.contains(document.activeElement)); }

function turn(step) {
  const item = here();
  const tabs = item && item.querySelector(".tabs");
  if (!tabs) return;
  const all = [...tabs.children];
  const at = all.findIndex((tab) => tab.getAttribute("aria-pressed") === "true");
  all[(at + step + all.length) % all.length].click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === search && !["Escape", "ArrowDown", "Enter"].includes(event.key)) return;
  const actions = {
    "/": () => search.focus(), j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
    h: () => turn(-1), l: () => turn(1),
    c: () => { const item = here(); if (item) navigator.clipboard?.writeText(item.one.curl); },
    Escape: () => { search.value = ""; chosen.clear(); for (const chip of chips.children) chip.setAttribute("aria-pressed", "false"); refresh(); search.blur(); },
  };
  if (event.target === search && event.key === "Enter") { event.preventDefault(); move(1); return; }
  const action = actions[event.key];
  if (action) { event.preventDefault(); action(); }
});

// The page

const chips = document.getElementById("chips");
const known = [...new Set(tape.interactions.flatMap(classes))];
if (known.length > 1) {
  for (const name of known.sort()) {
    chips.append(element("button", { type: "button", "aria-pressed": "false", onclick: (event) => {
      const isOn = !chosen.delete(name);
      if (isOn) chosen.add(name);
      event.currentTarget.setAttribute("aria-pressed", String(isOn));
      refresh();
    } }, name), " ");
  }
}
document.getElementById("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
});
document.getElementById("title").textContent = tape.other ? `${tape.other} → ${tape.path}` : tape.path;
document.getElementById("sum").textContent = tape.summary;
for (const one of tape.interactions) one.haystack = haystack(one);
list.append(...tape.interactions.map(row));
if (!tape.interactions.length) document.querySelector("main").append(element("p", { class: "none" }, "This tape holds no interactions."));
search.addEventListener("input", refresh);
refresh();

// `page.html#line-199` opens the interaction on that line.
function follow() {
  const item = location.hash && document.getElementById(location.hash.slice(1));
  if (!item || !item.one) return;
  if (item.firstChild.getAttribute("aria-expanded") === "false") toggle(item, item.one);
  item.firstChild.focus();
  item.scrollIntoView({ block: "start" });
}
window.addEventListener("hashchange", follow);
// What has changed is what a comparison is looked at for.
const differing = [...list.children].filter((item) => item.one.change);
if (differing.length <= 5) differing.forEach((item) => toggle(item, item.one));
follow();
