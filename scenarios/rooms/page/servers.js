// Which server: the choices are made from the address that this page came from.

const select = document.getElementById("server");
const address = document.getElementById("address");
const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const at = (host) => `${scheme}//${host}/ws`;

const choices = [
  ["moonwire", at(`${location.hostname}:3051`)],
  ["reference (npm ws)", at(`${location.hostname}:3052`)],
];
if (!choices.some(([, url]) => url === at(location.host))) {
  choices.unshift(["this page's server", at(location.host)]);
}
const asked = new URLSearchParams(location.search).get("server");
choices.push(["another address", asked ?? ""]);

for (const [name, url] of choices) {
  const option = document.createElement("option");
  option.textContent = name;
  option.value = url;
  select.append(option);
}
const own = choices.findIndex(([, url]) => url === at(location.host));
select.selectedIndex = asked ? choices.length - 1 : own;

function show() {
  const other = select.selectedIndex === choices.length - 1;
  address.readOnly = !other;
  address.value = select.value;
  return other;
}

select.addEventListener("change", () => show() && address.focus());
show();

export function chosenAddress() {
  return address.value.trim();
}
