// The conversation as a list. All that comes from other people is set as text, never as markup.

const KEPT = 500;
const list = document.getElementById("log");
const newest = document.getElementById("newest");

function element(name, className, ...children) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...children);
  return made;
}

// Isolated, so that letters written from right to left turn round nothing but themselves.
const person = (name) => element("bdi", "person", name);

function timeOf(milliseconds) {
  const date = new Date(Number(milliseconds));
  const time = element("time", "", Number.isNaN(date.valueOf()) ? "?" : date.toLocaleTimeString());
  time.dateTime = Number.isNaN(date.valueOf()) ? "" : date.toISOString();
  return time;
}

// Who has scrolled up to read is not torn away.
let following = true, planned = false, lastTop = 0;

function follow() {
  planned = false;
  if (following) {
    list.scrollTop = list.scrollHeight;
  }
  newest.hidden = following;
  lastTop = list.scrollTop;
}

function add(item) {
  list.append(item);
  while (list.childElementCount > KEPT) {
    list.firstElementChild.remove();
  }
  if (!planned) {
    planned = true;
    requestAnimationFrame(follow);
  }
}

export function addMessage({ name, text, time }, own) {
  const said = element("p", "said", String(text));
  said.dir = "auto";
  following ||= own;
  add(element("li", own ? "message own" : "message", person(String(name)), " ", timeOf(time), said));
}

export function addNotice(text, name) {
  add(element("li", "notice", ...(name === undefined ? [] : [person(String(name)), " "]), text));
}

export function clear() {
  list.replaceChildren();
  following = true;
  follow();
}

newest.addEventListener("click", () => { following = true; follow(); list.focus(); });
list.addEventListener("scroll", () => {
  if (list.scrollHeight - list.scrollTop - list.clientHeight < 40) {
    following = newest.hidden = true;
  } else if (list.scrollTop < lastTop) {  // a person's doing: what is added moves the end only
    following = false;
  }
  lastTop = list.scrollTop;
});
new ResizeObserver(() => following && follow()).observe(list);
