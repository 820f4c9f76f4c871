// Rows and grids of buttons that are one stop of Tab each: arrow keys go from one button to the next.

import { html, useLayoutEffect, useRef } from './preact.js';

const CHOSEN = '.on, [aria-checked="true"], [aria-current="true"]';
const SIDEWAYS = { ArrowLeft: -1, ArrowRight: 1 };
const UPRIGHT = { ArrowUp: -1, ArrowDown: 1 };

/**
 * Returns which of `boxes`, each with left, top, width and height, a key leads to from the one at `at`; null where it
 * leads nowhere. In a grid Home and End are those of the row, and with Ctrl those of all; in a row they are those of all.
 */
export function nextPlace(boxes, at, { key, ctrlKey = false }, grid = false) {
  const from = boxes[at];
  const last = boxes.length - 1;
  const inRow = (box) => Math.abs(box.top - from.top) < from.height / 2;
  if (key === 'Home') return grid && !ctrlKey ? boxes.findIndex(inRow) : 0;
  if (key === 'End') return grid && !ctrlKey ? boxes.findLastIndex(inRow) : last;
  if (ctrlKey) return null;
  if (key in SIDEWAYS) return Math.min(Math.max(at + SIDEWAYS[key], 0), last);
  return key in UPRIGHT ? nearestInNextRow(boxes, from, UPRIGHT[key]) : null;
}

function nearestInNextRow(boxes, from, way) {
  const away = boxes.map((box) => (box.top - from.top) * way).map((px) => (px < from.height / 2 ? Infinity : px));
  const next = Math.min(...away);
  if (next === Infinity) return null;
  const aside = (box) => Math.abs(box.left + box.width / 2 - from.left - from.width / 2);
  const row = boxes.map((box, i) => [i, aside(box)]).filter(([i]) => away[i] < next + from.height / 2);
  return row.reduce((best, each) => (each[1] < best[1] ? each : best))[0];
}

/**
 * A box in which all that `selector` names is one stop of Tab. With `follow` the button that is reached is pressed, as
 * a choice of one of several is. `tag` is the box's element; all else that is given are its attributes.
 */
export function Roving({ tag = 'div', selector = 'button', grid = false, follow = false, children, ...attributes }) {
  const box = useRef(null);
  const last = useRef(null);
  const find = () => [...box.current.querySelectorAll(selector)].filter((one) => !one.disabled);
  const settle = () => {
    const found = find();
    const inside = box.current.contains(document.activeElement);
    const chosen = inside ? null : found.find((one) => one.matches(CHOSEN));
    const stop = chosen ?? (found.includes(last.current) ? last.current : found[0]);
    for (const one of found) if (one.tabIndex !== (one === stop ? 0 : -1)) one.tabIndex = one === stop ? 0 : -1;
  };
  useLayoutEffect(settle);
  // At once and not after the next picture: a key may be pressed as soon as the buttons are there.
  useLayoutEffect(() => {
    const note = ({ target }) => {
      last.current = target.closest(selector) ?? last.current;
      settle();
    };
    const key = (event) => {
      if (event.defaultPrevented || event.altKey || event.metaKey || event.shiftKey) return;
      const found = find();
      const at = found.indexOf(event.target);
      const next = at < 0 ? null : nextPlace(found.map((one) => one.getBoundingClientRect()), at, event, grid);
      if (next === null) return;
      event.preventDefault();
      found[next].focus();
      if (follow && next !== at) found[next].click();
    };
    const element = box.current;
    element.addEventListener('focusin', note);
    element.addEventListener('keydown', key);
    return () => {
      element.removeEventListener('focusin', note);
      element.removeEventListener('keydown', key);
    };
  }, []);
  return html`<${tag} ...${attributes} ref=${box} data-roving="">${children}</${tag}>`;
}
