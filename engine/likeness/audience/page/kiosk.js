// Begins anew for the next visitor: nothing of the last one is left in the form, nor behind the back button.
const IDLE_MS = 1000 * Number(document.body.dataset.idle);
const next = () => location.replace("/kiosk");
let idle = 0;
const wait = () => { clearTimeout(idle); idle = setTimeout(next, IDLE_MS); };

wait();
for (const kind of ["pointerdown", "input", "scroll"]) addEventListener(kind, wait, { passive: true });
// While the camera lies over the page nobody touches it.
document.addEventListener("visibilitychange", () => { if (document.hidden) clearTimeout(idle); else wait(); });
// While a photo is on its way nothing is reset.
addEventListener("submit", () => clearTimeout(idle));
// A page that the browser kept is not shown again.
addEventListener("pageshow", (event) => { if (event.persisted) next(); });
for (const link of document.querySelectorAll('a[href^="/kiosk"]')) {
  link.addEventListener("click", (event) => { event.preventDefault(); location.replace(link.href); });
}
