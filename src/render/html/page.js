"use strict";
(() => {
  const CHUNK = 200;
  const byId = (id) => document.getElementById(id);
  const body = byId("rows");
  if (!body) return;
  const rows = JSON.parse(byId("data").textContent);
  const texts = rows.map((row) =>
    [row.n, row.t, row.a, row.o, row.w, row.f.map((field) => field.join(" ")).join("\n")].join("\n").toLowerCase());
  const customers = rows.map((row) => row.c.toLowerCase());
  const search = byId("search"), customer = byId("customer"), type = byId("type");
  const status = byId("status"), more = byId("more"), form = byId("filters");
  let matching = [];
  let shown = 0;

  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  const counts = (key) => {
    const counted = new Map();
    for (const row of rows) if (row[key]) counted.set(row[key], (counted.get(row[key]) || 0) + 1);
    return counted;
  };

  const choices = (fieldset, key) => {
    const counted = counts(key);
    if (counted.size < 2 && key === "o") return () => null;
    const boxes = [];
    for (const [value, count] of counted) {
      const label = element("label");
      const box = element("input");
      box.type = "checkbox";
      box.value = value;
      label.append(box, `${value} (${count.toLocaleString("en")})`);
      fieldset.append(label);
      boxes.push(box);
    }
    fieldset.hidden = counted.size === 0;
    return () => {
      const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
      return chosen.length ? new Set(chosen) : null;
    };
  };
  const actions = choices(byId("actions"), "a");
  const outcomes = choices(byId("outcomes"), "o");
  for (const [value, count] of [...counts("t")].sort()) {
    const option = element("option", `${value} (${count.toLocaleString("en")})`);
    option.value = value;
    type.append(option);
  }
  for (const name of [...counts("c").keys()].slice(0, 1000)) {
    const option = element("option");
    option.value = name;
    byId("customers").append(option);
  }

  const details = (row) => {
    const line = element("tr");
    const cell = element("td");
    cell.colSpan = 4;
    const list = element("dl", "", "fields");
    for (const [name, value] of row.f) list.append(element("dt", name), element("dd", value));
    cell.append(list);
    line.append(cell);
    return line;
  };

  const toggle = (button, line, row) => {
    const open = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!open));
    if (open) line.nextSibling.remove();
    else line.after(details(row));
  };

  const rendered = (row) => {
    const line = element("tr");
    const action = element("td", "", row.k);
    const symbol = element("span", row.y, "symbol");
    symbol.setAttribute("aria-hidden", "true");
    action.append(symbol, row.o ? `${row.a}: ${row.o}` : row.a);
    const name = element("th");
    name.scope = "row";
    if (row.f.length) {
      const button = element("button", row.n);
      button.type = "button";
      button.setAttribute("aria-expanded", "false");
      button.addEventListener("click", () => toggle(button, line, row));
      name.append(button);
    } else {
      name.textContent = row.n;
    }
    line.append(action, name, element("td", row.t), element("td", row.w));
    return line;
  };

  const number = (count) => count.toLocaleString("en");
  const showMore = () => {
    const part = document.createDocumentFragment();
    const end = Math.min(shown + CHUNK, matching.length);
    for (; shown < end; shown += 1) part.append(rendered(rows[matching[shown]]));
    body.append(part);
    more.hidden = shown >= matching.length;
    status.textContent = shown < matching.length
      ? `${number(matching.length)} of ${number(rows.length)} match; the first ${number(shown)} are shown.`
      : `${number(matching.length)} of ${number(rows.length)} match.`;
  };

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const name = customer.value.trim().toLowerCase();
    const kind = type.value, chosen = actions(), ended = outcomes();
    matching = [];
    for (let at = 0; at < rows.length; at += 1) {
      const row = rows[at];
      if (kind && row.t !== kind) continue;
      if (chosen && !chosen.has(row.a)) continue;
      if (ended && !ended.has(row.o)) continue;
      if (name && !customers[at].includes(name)) continue;
      if (!words.every((word) => texts[at].includes(word))) continue;
      matching.push(at);
    }
    body.replaceChildren();
    shown = 0;
    showMore();
  };

  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  more.addEventListener("click", () => {
    const next = body.children.length;
    showMore();
    const line = body.children[next];
    const button = line && line.querySelector("button");
    if (button) button.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    event.preventDefault();
    search.focus();
  });
  filter();
})();
