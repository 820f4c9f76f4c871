// What a finger does on one thing: a tap, holding it, or dragging. Each finger is followed by itself.

import { html, useEffect, useRef, useState } from './preact.js';

export const HOLD_MS = 500;
const MOVE_PX = 10;
const AGAIN_MS = 3000;

/**
 * Follows the finger of a `pointerdown`. Of `hands`, `begin(event)`, `tap(event)`, `hold()`, `drag(event)` when it has begun to move,
 * `move(event)`, `drop(event)` and `end()`, which always comes last, may each be left out.
 */
export function followPress(event, hands, holdMs = HOLD_MS) {
  if (event.button > 0) return;
  const element = event.currentTarget;
  const { pointerId, clientX, clientY } = event;
  let state = 'down';
  hands.begin?.(event);
  const held = () => {
    state = 'held';
    element.removeAttribute('data-pressing');
    navigator.vibrate?.(30);
    hands.hold();
  };
  const timer = hands.hold ? setTimeout(held, holdMs) : 0;
  if (hands.hold) element.setAttribute('data-pressing', '');
  const rest = () => {
    clearTimeout(timer);
    element.removeAttribute('data-pressing');
  };
  const move = (moved) => {
    if (moved.pointerId !== pointerId) return;
    if (state === 'down' && Math.hypot(moved.clientX - clientX, moved.clientY - clientY) > MOVE_PX) {
      rest();
      state = hands.drag ? 'drag' : 'off';
      hands.drag?.(moved);
    }
    if (state === 'drag') hands.move?.(moved);
  };
  const up = (lifted) => {
    if (lifted.pointerId !== pointerId) return;
    rest();
    for (const type of ['pointerup', 'pointercancel']) removeEventListener(type, up);
    removeEventListener('pointermove', move);
    if (lifted.type === 'pointerup' && state === 'down') hands.tap?.(lifted);
    if (lifted.type === 'pointerup' && state === 'drag') hands.drop?.(lifted);
    hands.end?.();
  };
  // On the window, since what was pressed may be gone from the page before the finger is.
  addEventListener('pointermove', move);
  for (const type of ['pointerup', 'pointercancel']) addEventListener(type, up);
}

/** The ring that closes while something is held. */
export const Ring = () => html`<svg class="ring" viewBox="0 0 40 40" aria-hidden="true"><circle cx="20" cy="20" r="16" pathLength="1" /></svg>`;

/** A button for what should not happen by a slip: it is held, or, without a pointer, pressed twice. */
export function HoldButton({ label, name, onDone, disabled }) {
  const [armed, setArmed] = useState(false);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const click = (event) => {
    if (event.detail !== 0) return;
    clearTimeout(timer.current);
    if (armed) onDone();
    else timer.current = setTimeout(() => setArmed(false), AGAIN_MS);
    setArmed(!armed);
  };
  return html`<button
    class="holding"
    aria-label=${`${armed ? 'again' : label} ${name}`}
    disabled=${disabled}
    onPointerDown=${(event) => followPress(event, { hold: onDone })}
    onContextMenu=${(event) => event.preventDefault()}
    onClick=${click}
  >
    <i aria-hidden="true"></i><span>${armed ? 'again' : label}</span>
  </button>`;
}

/** Carries a picture of what is dragged under the finger, and marks where it would fall. */
export class Carrier {
  constructor(url, words) {
    this.ghost = document.createElement('div');
    this.ghost.className = 'carried';
    if (url) this.ghost.append(Object.assign(new Image(), { src: url, alt: '' }));
    else this.ghost.textContent = words;
    document.body.append(this.ghost);
  }

  /** Moves it; returns the element under the finger that `selector` names, or null. */
  move(event, selector) {
    this.ghost.style.transform = `translate(${event.clientX}px, ${event.clientY}px)`;
    const under = document.elementFromPoint(event.clientX, event.clientY);
    const target = under?.closest(selector) ?? null;
    if (target !== this.target) {
      this.target?.removeAttribute('data-target');
      target?.setAttribute('data-target', '');
      this.target = target;
    }
    return target;
  }

  end() {
    this.target?.removeAttribute('data-target');
    this.ghost.remove();
  }
}
