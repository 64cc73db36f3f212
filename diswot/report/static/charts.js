// The two charts of a search, drawn by plotly.js (the global `Plotly`) in the colors of the page.

const MARKS = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"] };

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function layout(x, y) {
  const axis = { gridcolor: color("line"), linecolor: color("strong-line"), zeroline: false, automargin: true };
  return {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: color("ink"), family: "system-ui, sans-serif", size: 13 },
    margin: { l: 50, r: 10, t: 10, b: 45 },
    hovermode: "closest",
    hoverlabel: { bgcolor: color("panel"), bordercolor: color("strong-line"), font: { color: color("ink") } },
    legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
    xaxis: { ...axis, title: { text: x } },
    yaxis: { ...axis, title: { text: y } },
    shapes: [],
  };
}

function points(rows, x, name, marker) {
  return {
    type: "scatter",
    mode: "markers",
    name,
    x: rows.map(x),
    y: rows.map((row) => row.score),
    customdata: rows.map((row) => row.number),
    text: rows.map((row) => cut(row.arch)),
    hovertemplate: "%{text}<br>score %{y:.3f}<br>%{x:,.4~g}<extra></extra>",
    marker,
  };
}

function cut(text) {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return escaped.replace(/(.{48})/g, "$1<br>");
}

// Score against one cost: every candidate, the finalists, the front, the limits and the recommended student.
export function drawTradeoff(element, data, rows, cost, choose) {
  const unit = data.units[cost];
  const scored = rows.filter((row) => row.score !== null && row[cost] !== null);
  const most = Math.max(1, ...scored.map((row) => row.inits));
  const sure = most > 1 ? scored.filter((row) => row.inits === most) : [];
  const x = (row) => row[cost] / unit.size;
  const traces = [points(scored.filter((row) => !sure.includes(row)), x, "candidates", { color: color("point"), size: 6 })];
  if (sure.length) {
    traces.push(points(sure, x, "finalists", { color: color("sure"), size: 9, symbol: "circle-open", line: { width: 2 } }));
  }
  const front = data.fronts[cost] ?? [];
  if (front.length) {
    traces.push({
      type: "scatter", mode: "lines", name: "best for at most this cost", hoverinfo: "skip",
      x: front.map((point) => point.cost / unit.size), y: front.map((point) => point.score),
      line: { shape: "hv", color: color("front"), width: 2 },
    });
  }
  const best = scored.filter((row) => row.arch === data.recommended);
  if (best.length) {
    traces.push(points(best, x, "recommended", { color: color("pick"), size: 16, symbol: "star" }));
  }
  const drawn = layout(unit.title, `score (${data.score})`);
  drawn.shapes = (data.limits[cost] ?? []).filter((limit) => limit !== null).map((limit) => ({
    type: "line", yref: "paper", y0: 0, y1: 1, x0: limit / unit.size, x1: limit / unit.size,
    line: { color: color("ink"), dash: "dot", width: 1 },
  }));
  draw(element, traces, drawn, choose);
}

// The best score so far, and every candidate by its number.
export function drawProgress(element, data, rows, choose) {
  const scored = rows.filter((row) => row.score !== null);
  let best = -Infinity;
  const line = {
    type: "scatter", mode: "lines", name: "best so far", hoverinfo: "skip",
    x: scored.map((row) => row.number + 1), y: scored.map((row) => (best = Math.max(best, row.score))),
    line: { shape: "hv", color: color("front"), width: 2 },
  };
  const each = points(scored, (row) => row.number + 1, "candidates", { color: color("point"), size: 5 });
  draw(element, [each, line], layout("evaluations", `score (${data.score})`), choose);
}

// Validation accuracy of each training by its epoch.
export function drawCurves(element, { trainings }) {
  const dashes = ["solid", "dash", "dot", "dashdot"];
  const shades = ["front", "pick", "sure", "point"];
  const traces = trainings.map((one, place) => ({
    type: "scatter", mode: "lines+markers", name: cut(`${one.kind}, seed ${one.seed}`),
    x: one.history.map((epoch) => epoch.epoch), y: one.history.map((epoch) => epoch.valid_accuracy),
    hovertemplate: "epoch %{x}: %{y:.1%}<extra></extra>",
    line: { color: color(shades[place % 4]), dash: dashes[place % 4] },
  }));
  const drawn = layout("epoch", "validation accuracy");
  drawn.yaxis.tickformat = ".0%";
  draw(element, traces, drawn, () => {});
}

// The fronts of two searches over one cost.
export function drawFronts(element, data, cost) {
  const unit = data.units[cost];
  const looks = [{ color: color("front"), dash: "solid", symbol: "circle" }, { color: color("pick"), dash: "dash", symbol: "square" }];
  const traces = data.searches.map((search, place) => ({
    type: "scatter", mode: "lines+markers", name: cut(search.name),
    x: search.fronts[cost].map((point) => point.cost / unit.size),
    y: search.fronts[cost].map((point) => point.score),
    text: search.fronts[cost].map((point) => cut(point.arch)),
    hovertemplate: "%{text}<br>score %{y:.3f}<br>%{x:,.4~g}<extra></extra>",
    line: { shape: "hv", color: looks[place].color, dash: looks[place].dash },
    marker: { color: looks[place].color, symbol: looks[place].symbol, size: 8 },
  }));
  draw(element, traces, layout(unit.title, "score"), () => {});
}

function draw(element, traces, drawn, choose) {
  drawn.uirevision = element.id;
  Plotly.react(element, traces, drawn, MARKS);
  if (!element.dataset.heard) {
    element.dataset.heard = "yes";
    element.on("plotly_click", (event) => {
      const number = event.points[0]?.customdata;
      if (number !== undefined) choose(number);
    });
  }
}
