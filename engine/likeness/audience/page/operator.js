// Keys for the grid, and news every two seconds. Without this the marks and the buttons do the same.
const desk = document.querySelector("#desk");
const notice = document.querySelector("#notice");
const NEWS_MS = 2000;
const ACTS = { a: "approve", r: "refuse", z: "undo", s: "hurry", b: "ban" };
let current = null;  // the number of the chosen visitor
let place = 0;       // where it was in the grid, for the one that moves up when it has gone
let busy = false;

const cards = () => [...desk.querySelectorAll(".card")];
const marked = () => [...desk.querySelectorAll(".card input:checked")].map((box) => box.value);

function choose(index, scroll = true) {
  const all = cards();
  if (!all.length) { current = null; return; }
  place = Math.max(0, Math.min(index, all.length - 1));
  current = all[place].dataset.number;
  all[place].focus({ preventScroll: !scroll });
}

function step(key) {
  const all = cards();
  const from = all.findIndex((card) => card.dataset.number === current);
  if (from < 0) { choose(place); return; }
  const columns = all.filter((card) => card.offsetTop === all[0].offsetTop).length;
  choose(from + { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[key]);
}

async function renew() {
  if (busy) return;
  const answer = await fetch(`/operator/grid?show=${desk.dataset.show}`).catch(() => null);
  if (!answer || answer.status === 403) { if (answer) location.reload(); return; }
  if (!answer.ok || busy) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const ticked = new Set(marked());
  // A mark is no part of the markup, so a grid that is the same is left alone, with its pictures.
  if (page.body.innerHTML.trim() !== (desk.dataset.last ?? desk.innerHTML.trim())) {
    desk.dataset.last = page.body.innerHTML.trim();
    const wasFocused = desk.contains(document.activeElement) || document.activeElement === document.body;
    const pictures = new Map([...desk.querySelectorAll(".card img")].map((img) => [img.src, img]));
    desk.replaceChildren(...page.body.childNodes);
    // Pictures are in no cache: those that were here are not fetched again.
    for (const img of desk.querySelectorAll(".card img")) if (pictures.has(img.src)) img.replaceWith(pictures.get(img.src));
    for (const box of desk.querySelectorAll(".card input")) box.checked = ticked.has(box.value);
    const at = cards().findIndex((card) => card.dataset.number === current);
    if (wasFocused) choose(at < 0 ? place : at, false);
  }
}

async function act(name) {
  const numbers = marked().length ? marked() : current === null ? [] : [current];
  if (!numbers.length && name !== "undo") return;
  const form = new URLSearchParams({ form: desk.querySelector("[name=form]").value, show: desk.dataset.show, act: name });
  for (const number of numbers) form.append("number", number);
  for (const box of desk.querySelectorAll(".card input")) box.checked = false;
  busy = true;
  try {
    // The page that the act leads to says why it had no effect.
    const answer = await fetch("/operator/act", { method: "POST", body: form });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    notice.textContent = page.querySelector("#notice")?.textContent ?? "";
  } catch { /* The next news shows what has become of it. */ }
  busy = false;
  await renew();
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input:not([type=checkbox])")) return;
  if (event.key.startsWith("Arrow")) step(event.key);
  else if (event.key === " " && current !== null && !event.target.matches("button, summary, a")) {
    const box = desk.querySelector(`.card[data-number="${current}"] input`);
    if (box) box.checked = !box.checked;
  } else if (event.key.toLowerCase() === "m") {
    const boxes = [...desk.querySelectorAll(".card input")];
    const all = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !all;
  } else if (ACTS[event.key.toLowerCase()]) act(ACTS[event.key.toLowerCase()]);
  else return;
  event.preventDefault();
});
desk.addEventListener("focusin", (event) => {
  const card = event.target.closest(".card");
  if (card) { current = card.dataset.number; place = cards().indexOf(card); }
});
setInterval(renew, NEWS_MS);
choose(0, false);
