// What this browser keeps from one visit to the next.

/** Returns what this browser has kept under a name; null where it has kept nothing. */
export function read(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
}

/** Keeps a value in this browser; a private window may forget it. */
export function keep(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch {
    // It counts for this visit.
  }
}
