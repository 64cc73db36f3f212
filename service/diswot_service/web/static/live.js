// A job while it runs: its progress, and the candidates of a search, as they come in, and what can be done with it.

const root = document.querySelector("[data-root]").dataset.root;
const job = JSON.parse(document.getElementById("job").textContent);
const self = `${root}/v1/${job.collection}/${job.id}`;
let known = 0;
let asking = false;
let said = 0;

async function fetchRows() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(`${root}/${job.collection}/${job.id}/rows?start=${known}`);
    if (!answer.ok) return;
    const { rows, doing, percent } = await answer.json();
    known += rows.length;
    if (rows.length) document.dispatchEvent(new CustomEvent("diswot:rows", { detail: rows }));
    showProgress(doing, percent);
  } finally {
    asking = false;
  }
}

function showProgress(doing, percent) {
  const bar = document.getElementById("progress");
  if (!bar) return;
  bar.value = percent;
  document.getElementById("doing").textContent = doing;
  if (percent >= said + 10) {
    said = percent;
    document.getElementById("said").textContent = doing;
  }
}

function follow() {
  const events = new EventSource(`${self}/events?after=${job.events}`);
  events.addEventListener("progress", fetchRows);
  events.addEventListener("restarted", () => location.reload());
  events.addEventListener("state", (event) => {
    const { state } = JSON.parse(event.data).data;
    const place = document.getElementById("state");
    place.textContent = state;
    place.className = `state ${state}`;
  });
  events.addEventListener("end", () => {
    events.close();
    location.reload();
  });
  events.addEventListener("open", () => trouble(""));
  events.addEventListener("error", () => trouble("The connection to the service is lost; trying again."));
}

function trouble(text) {
  const place = document.getElementById("trouble");
  place.textContent = text;
  place.hidden = !text;
}

async function send(button, method, url, then) {
  button.disabled = true;
  try {
    const answer = await fetch(url, { method });
    if (answer.ok) return then();
    trouble((await answer.json()).detail);
  } catch {
    trouble("The service does not answer.");
  }
  button.disabled = false;
}

document.querySelector("[data-post]")?.addEventListener("click", (event) => {
  const button = event.currentTarget;
  send(button, "POST", self + button.dataset.post, () => location.reload());
});
document.querySelector("[data-delete]")?.addEventListener("click", (event) => {
  const button = event.currentTarget;
  if (confirm(button.dataset.delete)) send(button, "DELETE", self, () => location.assign(`${root}/${job.collection}`));
});

await fetchRows();
if (!job.finished) follow();
