// The list of searches: stays up to date while something runs, and lets two be chosen.

const CHOICE = 2;
const EVERY = 4000;

function chosen() {
  return [...document.querySelectorAll('#list input[name="id"]:checked')].map((box) => box.value);
}

function count() {
  const number = chosen().length;
  document.getElementById("compare").disabled = number !== CHOICE;
  document.getElementById("chosen-count").textContent =
    number === CHOICE ? "" : `Choose two searches to compare them; ${number} chosen.`;
}

async function refresh() {
  if (!document.querySelector("#list progress") || document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#list tbody");
  if (!fresh || document.activeElement?.closest("#list tbody")) return;
  const kept = new Set(chosen());
  for (const box of fresh.querySelectorAll('input[name="id"]')) box.checked = kept.has(box.value);
  document.querySelector("#list tbody").replaceWith(fresh);
}

const list = document.getElementById("list");
if (list) {
  list.addEventListener("change", count);
  count();
  setInterval(() => refresh().catch(() => {}), EVERY);
}
