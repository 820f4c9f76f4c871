// A field for a time in seconds, kept in the browser from one visit to the next.

import { keep, read } from './kept.js';
import { html, useState } from './preact.js';

const MOST_S = 600;

/** Return the seconds kept under `key`, and a function that sets them. */
export function useSeconds(key, standard) {
  const [seconds, setSeconds] = useState(() => read(`seconds ${key}`) ?? standard);
  return [
    seconds,
    (value) => {
      const bounded = Math.min(Math.max(value, 0), MOST_S);
      if (Number.isNaN(bounded)) return;
      setSeconds(bounded);
      keep(`seconds ${key}`, bounded);
    },
  ];
}

/** A number of seconds with a button to each side of it. */
export function SecondsField({ label, value, onChange }) {
  const step = value >= 10 ? 5 : value >= 2 ? 1 : 0.5;
  return html`<div class="seconds" role="group" aria-label=${label}>
    <span class="dim">${label}</span>
    <button type="button" aria-label="${label}: less" onClick=${() => onChange(value - step)}>−</button>
    <input type="number" min="0" max=${MOST_S} step="any" inputmode="decimal" aria-label="${label}, seconds" value=${value}
      onChange=${(event) => onChange(Number(event.currentTarget.value))} />
    <span class="dim">s</span>
    <button type="button" aria-label="${label}: more" onClick=${() => onChange(value + step)}>+</button>
  </div>`;
}
