// Signing in with a key: the service answers with a cookie that no script can read.

const root = document.querySelector("[data-root]").dataset.root;
const form = document.getElementById("form");
const trouble = document.getElementById("trouble");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  trouble.hidden = true;
  try {
    const answer = await fetch(`${root}/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ key: document.getElementById("key").value.trim() }),
    });
    if (answer.ok) return location.assign(`${root}/searches`);
    trouble.textContent = (await answer.json()).detail;
  } catch {
    trouble.textContent = "The service does not answer.";
  }
  trouble.hidden = false;
});
