// What was refused, and what happened, in words for some seconds. The last thing can be undone from there.

import { html, useEffect, useState } from './preact.js';
import { get, put, send, subscribe } from './state.js';

const SHOWN_MS = 6000;
const SHORTLY_MS = 2500;
const MOST = 3;
let number = 0;

/** Says something for some seconds, such as `say('Cue 5 is cleared.', ['Bring it back', () => ..])`. */
export const say = (words, action = null) => put('page.said', { words, action });

const ANSWER_MS = 1000;
let asked = null;

/** Presses something like `/cue/undo`: as for a pad, what refuses it is a line of the log, and is said here as well. */
export function ask(address) {
  if (send(address, 1)) asked = { last: get('log')?.at(-1), until: performance.now() + ANSWER_MS };
}

/** Returns the refusal of what was asked last, where it is among the lines of the log by now. */
function findRefusal(log) {
  if (!asked || !log) return null;
  const since = log.slice(log.indexOf(asked.last) + 1).find((line) => line[1] === 'warning');
  const late = performance.now() > asked.until;
  if (since || late) asked = null;
  return late ? null : since?.[2];
}

/** Refusals of the show and of this page, and what `say` was given; a tap takes one away. */
export function Toasts() {
  const [toasts, setToasts] = useState([]);
  const drop = (id) => setToasts((all) => all.filter((toast) => toast.id !== id));
  useEffect(() => {
    const add = (toast) => {
      const id = (number += 1);
      // The same refusal of sixty messages is one.
      setToasts((all) => [...all.filter((other) => other.words !== toast.words), { ...toast, id }].slice(-MOST));
      setTimeout(() => drop(id), toast.kind === 'said' && !toast.action ? SHORTLY_MS : SHOWN_MS);
    };
    const ends = [
      subscribe('error', (error) => error && add({ kind: 'error', where: error[0], words: error[1] })),
      subscribe('page.refusal', (words) => words && add({ kind: 'error', words })),
      subscribe('log', (log) => {
        const words = findRefusal(log);
        if (words) add({ kind: 'error', words });
      }),
      subscribe('page.said', (said) => said && add({ kind: 'said', ...said })),
    ];
    return () => ends.forEach((end) => end());
  }, []);
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.map(
      (toast) => html`<div key=${toast.id} class=${`toast ${toast.kind}`}>
        <p>${toast.where ? html`<small>${toast.where}</small> ` : null}${toast.words}</p>
        ${toast.action
          ? html`<button
              onClick=${() => {
                toast.action[1]();
                drop(toast.id);
              }}
            >
              ${toast.action[0]}
            </button>`
          : null}
        ${toast.action || toast.kind === 'error' ? html`<button aria-label="take away" onClick=${() => drop(toast.id)}>✕</button>` : null}
      </div>`,
    )}
  </div>`;
}
