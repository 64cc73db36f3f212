// The form of a new job: what it takes is asked for as it is filled in, and it is sent once.

const root = document.querySelector("[data-root]").dataset.root;
const form = document.getElementById("form");
const start = document.getElementById("start");
const price = document.getElementById("price");
const collection = form.dataset.collection;
let draft = null;
let key = "";
let turn = 0;
let timer = 0;

function fields() {
  const inputs = [...form.querySelectorAll("[name]")].filter((input) => input.value.trim());
  return Object.fromEntries(inputs.map((input) => [input.name, input.value.trim()]));
}

function labels() {
  const name = document.getElementById("label").value.trim();
  return name ? { name } : {};
}

async function ask() {
  const mine = ++turn;
  draft = null;
  start.disabled = true;
  if (!fields().teacher) {
    wrong("", "");
    price.textContent = "Name a teacher to see what this takes.";
    return;
  }
  try {
    const answer = await post(`${root}/${collection}/draft`, { fields: fields(), labels: labels() });
    const found = await answer.json();
    if (mine !== turn) return;
    const { field, detail } = answer.ok ? found.wrong ?? { field: "", detail: "" } : { field: "", detail: found.detail };
    wrong(field, detail);
    price.textContent = field ? "One setting has to be changed." : detail || say(found.estimate);
    if (!found.body) return;
    draft = found.body;
    key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    start.disabled = false;
  } catch {
    if (mine === turn) price.textContent = "The service does not answer.";
  }
}

function say({ evaluations, networks, seconds, based_on }) {
  if (collection === "distillations") return `${networks} ${networks === 1 ? "training" : "trainings"}.`;
  const work = `Up to ${evaluations.toLocaleString("en")} evaluations, ${networks.toLocaleString("en")} networks`;
  if (seconds === null) return `${work}. How long that takes is known once a search like it has run here.`;
  const last = based_on === 1 ? "the last search like it" : `the last ${based_on} searches like it`;
  return `${work}: about ${duration(seconds)}, going by ${last}.`;
}

function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function wrong(field, detail) {
  for (const place of form.querySelectorAll(".wrong")) place.hidden = true;
  for (const input of form.querySelectorAll("[name]")) input.removeAttribute("aria-invalid");
  const place = field && document.getElementById(`${field}-wrong`);
  if (!place) return;
  place.textContent = detail;
  place.hidden = false;
  const input = document.getElementById(field);
  input.setAttribute("aria-invalid", "true");
  input.closest("details")?.setAttribute("open", "");
}

function post(url, body, headers = {}) {
  return fetch(url, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(body) });
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  start.disabled = true;
  timer = setTimeout(ask, 300);
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!draft) return ask();
  start.disabled = true;
  try {
    const answer = await post(`${root}/v1/${collection}`, draft, { "Idempotency-Key": key });
    const found = await answer.json();
    if (answer.ok) return location.assign(`${root}/${collection}/${found.id}`);
    price.textContent = found.detail;
  } catch {
    price.textContent = "The service does not answer; press again, nothing is started twice.";
  }
  start.disabled = false;
});
ask();
