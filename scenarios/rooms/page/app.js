import "./ping_pong.js";
import "./chat.js";

// The two views are tabs; the address says which one is shown.
const tabs = [...document.querySelectorAll("[role=tab]")];
const hashOf = (tab) => tab.id.replace("tab-", "#");  // no element's id: the browser would scroll to it

function show(tab) {
  for (const other of tabs) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", chosen);
    other.tabIndex = chosen ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
  }
  document.title = `${tab.textContent} – moonwire rooms`;
}

function showAddressed() {
  show(tabs.find((tab) => hashOf(tab) === location.hash) ?? tabs[0]);
}

for (const [index, tab] of tabs.entries()) {
  tab.addEventListener("click", () => {
    history.replaceState(null, "", hashOf(tab));
    show(tab);
  });
  tab.addEventListener("keydown", ({ key }) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (step) {
      const next = tabs.at((index + step) % tabs.length);
      next.focus();
      next.click();
    }
  });
}
addEventListener("hashchange", showAddressed);
showAddressed();
