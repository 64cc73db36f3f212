// What every page has: signing out.

const root = document.querySelector("[data-root]").dataset.root;

document.getElementById("sign-out")?.addEventListener("click", async () => {
  await fetch(`${root}/logout`, { method: "POST" });
  location.assign(`${root}/login`);
});
