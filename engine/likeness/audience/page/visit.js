// Follows the visitor's state: by server-sent events, and by asking where those fail. Without scripts the page reloads.
const part = document.querySelector("#status");
const address = part.dataset.address;
const ASK_MS = 4000;
let asking = 0;
const shown = {};
let leaving = false;

async function renew() {
  if (leaving) return;
  let answer;
  try {
    answer = await fetch(`${address}/status${location.search}`);
  } catch {
    return;  // No network for a moment: what is shown stays.
  }
  if (answer.status === 404) { end(); return; }
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  // A film that plays is not put anew while its page is the same; what is below stays, also under a finger.
  for (const name of [".state", ".pair"]) {
    const next = page.querySelector(name), now = part.querySelector(name);
    if (!next || !now || next.outerHTML === (shown[name] ?? now.outerHTML) || inUse(now)) continue;
    shown[name] = next.outerHTML;
    now.replaceWith(next);
  }
}

// Whether somebody reads, types or has ticked something there.
function inUse(one) {
  if (one.matches(".pair") && one.querySelector("details[open]")) return true;
  return [...one.querySelectorAll("input")].some((field) =>
    field === document.activeElement || field.checked || (field.name === "code" && field.value));
}

function end() {
  if (!leaving) location.reload();
}

function ask() {
  if (!asking && !leaving) asking = setInterval(renew, ASK_MS);
}

const events = new EventSource(`${address}/events`);
events.addEventListener("changed", renew);
events.addEventListener("gone", () => { events.close(); end(); });
// Who leaves for another page, as to delete everything, is told by that one.
addEventListener("submit", () => { leaving = true; events.close(); clearInterval(asking); });
events.addEventListener("open", () => { clearInterval(asking); asking = 0; });
events.addEventListener("error", ask);
addEventListener("pageshow", (event) => { if (event.persisted) renew(); });
