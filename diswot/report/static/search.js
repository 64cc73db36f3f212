// The page of a search: draws what the element `data` holds, and again whenever more candidates are there.

import { drawProgress, drawTradeoff } from "./charts.js";
import { CandidateTable, element, say } from "./table.js";

const data = JSON.parse(document.getElementById("data").textContent);
const rows = new Map((data.rows ?? []).map((row) => [row.number, row]));
const costs = Object.entries(data.units);
const table = new CandidateTable(document.getElementById("table"), columns(), data.recommended, choose);
const select = document.getElementById("cost");

function columns() {
  return [
    { key: "number", title: "No.", digits: 0 },
    { key: "arch", title: "Architecture", text: true },
    { key: "score", title: "Score", digits: 3 },
    ...costs.map(([key, unit]) => ({ key, title: unit.title, digits: unit.digits, size: unit.size })),
    { key: "inits", title: "Inits", digits: 0 },
  ];
}

function show() {
  const all = [...rows.values()];
  document.getElementById("nothing").hidden = all.length > 0;
  document.querySelector(".charts").hidden = all.length === 0;
  table.show(all);
  if (all.length) charts(all);
}

function charts(all = [...rows.values()]) {
  all.sort((a, b) => a.number - b.number);
  drawTradeoff(document.getElementById("tradeoff"), data, all, select.value, choose);
  drawProgress(document.getElementById("best"), data, all, choose);
}

function choose(number) {
  const row = rows.get(number);
  const title = element("h3", `Candidate ${number + 1}`);
  const arch = element("p", "", "arch");
  arch.append(element("code", row.arch));
  const panel = document.getElementById("chosen");
  panel.replaceChildren(title, arch, figures(row));
  if (row.failure) panel.append(element("p", row.failure, "failed"));
  else if (row.terms) panel.append(terms(row));
  panel.hidden = false;
  panel.dispatchEvent(new CustomEvent("diswot:chosen", { detail: row, bubbles: true }));
  table.pick(number);
}

function figures(row) {
  const list = element("dl", "", "figures");
  const pairs = [["Score", say(row.score, 3)], ["Initializations", say(row.inits, 0)],
    ...costs.map(([key, unit]) => [unit.title, say(row[key], unit.digits, unit.size)])];
  for (const [name, value] of pairs) {
    const pair = element("div");
    pair.append(element("dt", name), element("dd", value));
    list.append(pair);
  }
  return list;
}

function terms(row) {
  const made = element("table");
  made.append(element("caption", "What each term adds to its score"));
  const body = element("tbody");
  for (const [name, adds] of Object.entries(row.terms).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]))) {
    const line = element("tr");
    const head = element("th", name, "text");
    head.scope = "row";
    line.append(head, element("td", data.summaries[name] ?? "", "text"), element("td", say(adds, 3)));
    body.append(line);
  }
  made.append(body);
  const wide = element("div", "", "wide");
  wide.append(made);
  return wide;
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select it to copy";
  }
}

document.addEventListener("diswot:rows", (event) => {
  for (const row of event.detail) rows.set(row.number, row);
  show();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (button) copy(button);
});
select.addEventListener("change", () => charts());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => rows.size && charts());
show();
