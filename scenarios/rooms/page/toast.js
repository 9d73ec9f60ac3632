const area = document.getElementById("toasts");
const SHOWN = 4000, AT_MOST = 3;

export function toast(text) {
  const note = document.createElement("p");
  note.className = "toast";
  note.textContent = text;
  area.append(note);
  while (area.childElementCount > AT_MOST) {
    area.firstElementChild.remove();
  }
  setTimeout(() => note.remove(), SHOWN);
}
