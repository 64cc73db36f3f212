// How the trainings of a distillation came on.

import { drawCurves } from "./charts.js";

const data = JSON.parse(document.getElementById("data").textContent);

function draw() {
  drawCurves(document.getElementById("curves"), data);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
draw();
