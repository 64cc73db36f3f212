// Fronts of two searches in one chart.

import { drawFronts } from "./charts.js";

const data = JSON.parse(document.getElementById("data").textContent);
const select = document.getElementById("cost");

function draw() {
  drawFronts(document.getElementById("fronts"), data, select.value);
}

if (select) {
  select.addEventListener("change", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  draw();
}
