// A fader for any number: drag, fine drag, double tap, wheel, keys, typed values. `fader.js` joins it to a parameter.

import { html, useEffect, useRef } from './preact.js';
import { clamp, format, fromUnit, NumberBox, smallStep, spoken, toUnit } from './number.js';

const DOUBLE_TAP_MS = 320;
// A press this near to the thumb takes hold of it; farther away the thumb comes to the finger.
const GRIP_PX = 22;
// Fingers that leave the fader by this much make it finer, and finer the farther they are.
const AWAY_PX = 36;
// As in style.css: the marks stay so far from the track's ends that their whole width is seen.
const INSET_PX = 6;
const SECOND_FINGER = 0.1;
const SHIFT = 0.1;
// A turn of the wheel belongs to the fader where it began; after this pause another one begins.
const WHEEL_PAUSE_MS = 300;

let wheelTarget = null;
let wheelTime = 0;
addEventListener(
  'wheel',
  (event) => {
    if (event.timeStamp - wheelTime > WHEEL_PAUSE_MS) wheelTarget = event.target;
    wheelTime = event.timeStamp;
  },
  { capture: true, passive: true },
);

/** One fader on the page: what the hand does with it, and where its marks stand. Written to the page directly. */
class SliderView {
  constructor() {
    this.pointer = null;
    this.others = new Set();
    this.value = this.shown = undefined;
    this.gap = 0;
    this.lastTap = 0;
    this.parts = {};
    this.written = {};
  }

  // What stands on the page.

  /** Shows what the show says; a fader under a finger stays where the finger is. */
  show(value, shown, held) {
    this.shown = shown;
    if (this.pointer === null) this.value = value;
    this.heldBy = held;
    this.draw();
  }

  /** Shows how far a knob has still to go, in fader units, and how to turn it; 0 for not at all. */
  showGap(gap, way) {
    if (gap === this.gap && way === this.way) return;
    Object.assign(this, { gap, way });
    this.draw();
  }

  draw() {
    const { track, fill, thumb, mod, way, ghost, text, held, hint } = this.parts;
    if (!track || this.value === undefined) return;
    const { param } = this;
    const at = toUnit(param, this.value);
    const zero = param.min < 0 && param.max > 0 ? toUnit(param, 0) : 0;
    this.put(fill, Math.min(at, zero), Math.abs(at - zero));
    this.put(thumb, at);
    const differs = this.shown !== undefined && this.shown !== null && this.shown !== this.value;
    this.toggle(track, 'modulated', differs);
    if (differs) {
      const now = toUnit(param, this.shown);
      this.put(mod, now);
      this.put(way, Math.min(at, now), Math.abs(now - at));
    }
    this.toggle(track, 'waiting', this.gap !== 0);
    this.toggle(track, 'knob-below', this.gap > 0);
    if (this.gap) this.put(ghost, clamp(at - this.gap));
    this.toggle(track, 'hint-left', at > 0.5);
    this.write(hint, this.gap ? `turn ${this.way} to ${format(param, this.value)}` : '');
    this.toggle(track, 'held', Boolean(this.heldBy));
    this.write(held, this.heldBy || '');
    this.write(text, format(param, this.value, this.fine ? 1 : 0));
    if (this.written.value !== this.value) {
      this.written.value = this.value;
      track.setAttribute('aria-valuenow', String(Number(this.value.toPrecision(6))));
      track.setAttribute('aria-valuetext', spoken(param, this.value));
    }
  }

  put(element, at, width = null) {
    // Elements are as wide as the track, so a percentage of their own width is one of the track's: no layout.
    const scale = width === null ? '' : ` scaleX(${width.toFixed(4)})`;
    element.style.transform = `translateX(${(at * 100).toFixed(2)}%)${scale}`;
  }

  toggle(element, name, on) {
    if (this.written[name] === on) return;
    this.written[name] = on;
    element.classList.toggle(name, on);
  }

  write(element, text) {
    if (element && element.textContent !== text) element.textContent = text;
  }

  // What the hand does.

  set(u) {
    const value = fromUnit(this.param, u);
    if (value === this.value) return;
    this.value = value;
    this.draw();
    this.onSet(value);
  }

  setTyped(value) {
    this.value = value;
    this.draw();
    this.onSet(value);
  }

  reset() {
    if (this.param.default !== undefined) this.setTyped(this.param.default);
  }

  down = (event) => {
    if (event.button > 0) return;
    const { track } = this.parts;
    track.setPointerCapture(event.pointerId);
    if (this.pointer !== null) {
      this.others.add(event.pointerId);
      return;
    }
    event.preventDefault();
    track.focus({ preventScroll: true });
    this.pointer = event.pointerId;
    this.rect = track.getBoundingClientRect();
    this.left = this.rect.left + INSET_PX;
    this.width = Math.max(this.rect.width - 2 * INSET_PX, 1);
    this.x = event.clientX;
    this.moved = false;
    this.at = toUnit(this.param, this.value);
    const quick = event.timeStamp - this.lastTap < DOUBLE_TAP_MS && Math.abs(event.clientX - this.tapX) < GRIP_PX;
    this.lastTap = event.timeStamp;
    this.tapX = event.clientX;
    this.grasp = () => this.take(quick);
    // A finger may have come to scroll the list, which shows with its first way.
    if (event.pointerType !== 'touch') this.decide();
  };

  /** Plays the fader with what has pressed it. */
  decide = () => {
    const { grasp } = this;
    this.grasp = null;
    if (grasp) grasp();
  };

  take(quick) {
    this.toggle(this.parts.track, 'touched', true);
    this.onHold(true);
    if (quick) {
      this.lastTap = 0;
      this.reset();
      this.at = toUnit(this.param, this.value);
    } else if (Math.abs(this.tapX - this.left - this.at * this.width) > GRIP_PX) {
      this.at = (this.tapX - this.left) / this.width;
      this.set(this.at);
    }
  }

  move = (event) => {
    if (event.pointerId !== this.pointer) return;
    const way = event.clientX - this.x;
    if (!this.moved && Math.abs(way) < 3) return;
    this.decide();
    this.moved = true;
    this.x = event.clientX;
    const factor = this.fineness(event);
    this.fine = factor < 0.99;
    this.toggle(this.parts.track, 'fine', this.fine);
    this.at += (way / this.width) * factor;
    this.set(this.at);
  };

  up = (event) => {
    this.others.delete(event.pointerId);
    if (event.pointerId !== this.pointer) return;
    this.decide();
    const { moved, lastTap } = this;
    this.onHold(false);
    this.lose();
    if (!moved) this.lastTap = lastTap;
  };

  /** The browser has taken the finger: it scrolls the list, and the fader stays where it is. */
  cancel = (event) => {
    if (!this.grasp) return this.up(event);
    this.others.delete(event.pointerId);
    if (event.pointerId === this.pointer) this.lose();
  };

  /** Keeps the list from being scrolled by a finger that plays the fader. */
  touch = (event) => {
    if (this.pointer !== null && !this.grasp) event.preventDefault();
  };

  /** Lets go without the finger's doing: another hand has taken the control. */
  lose = () => {
    this.pointer = this.grasp = null;
    this.others.clear();
    this.fine = false;
    this.lastTap = 0;
    this.toggle(this.parts.track, 'fine', false);
    this.toggle(this.parts.track, 'touched', false);
    this.draw();
  };

  fineness(event) {
    const away = Math.max(this.rect.top - event.clientY, event.clientY - this.rect.bottom, 0);
    const far = away <= AWAY_PX ? 1 : Math.max(0.02, (AWAY_PX / away) ** 1.5);
    return far * (this.others.size ? SECOND_FINGER : 1) * (event.shiftKey ? SHIFT : 1);
  }

  step(way, event) {
    const small = smallStep(this.param);
    const step = Math.max(event.shiftKey ? 0.001 : 0.01, small);
    this.set(clamp(toUnit(this.param, this.value) + way * step));
  }

  wheel = (event) => {
    const { track } = this.parts;
    // A list that is scrolled under the pointer must not move what passes by.
    if (document.activeElement !== track || !track.contains(wheelTarget)) return;
    event.preventDefault();
    // With Shift, browsers turn the wheel sideways.
    this.step((event.deltaY || event.deltaX) < 0 ? 1 : -1, event);
  };

  key = (event) => {
    const ways = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ways) this.step(ways[event.key], event);
    else if (event.key === 'Home') this.set(0);
    else if (event.key === 'End') this.set(1);
    else if (event.key === 'Delete' || event.key === 'Backspace') this.reset();
    else if (event.key === 'Enter') this.parts.track.parentNode.querySelector('.number')?.click();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
}

/**
 * A fader with its number.
 * `param` has min, max, warp, unit, kind, default; `view` is a ref that gets the fader to write to, where the value
 * does not come as `value`.
 */
export function Slider({ param, label, value, view, onSet, onHold, onRefuse }) {
  const self = useRef(null);
  self.current ??= new SliderView();
  const slider = self.current;
  Object.assign(slider, { param, onSet, onHold: onHold || (() => {}) });
  if (view) view.current = slider;
  const part = (name) => (slider.refs ??= {})[name] ??= (element) => {
    slider.parts[name] = element;
    if (element && name === 'text') slider.draw();
  };
  useEffect(() => {
    if (value !== undefined) slider.show(value);
  });
  useEffect(() => {
    const element = slider.parts.track;
    element.addEventListener('wheel', slider.wheel, { passive: false });
    element.addEventListener('touchmove', slider.touch, { passive: false });
    return () => {
      element.removeEventListener('wheel', slider.wheel);
      element.removeEventListener('touchmove', slider.touch);
      if (slider.pointer !== null) slider.onHold(false);
      slider.lose();
    };
  }, []);
  return html`<div
      class="track"
      role="slider"
      tabindex="0"
      ref=${part('track')}
      aria-label=${label}
      aria-valuemin=${param.min}
      aria-valuemax=${param.max}
      aria-valuenow=${param.min}
      onPointerDown=${slider.down}
      onPointerMove=${slider.move}
      onPointerUp=${slider.up}
      onPointerCancel=${slider.cancel}
      onKeyDown=${slider.key}
    >
      <i class="fill" ref=${part('fill')}></i>
      <i class="way" ref=${part('way')}></i>
      <i class="at ghost" ref=${part('ghost')}></i>
      <i class="at mod" ref=${part('mod')}></i>
      <i class="at thumb" ref=${part('thumb')}></i>
      <em class="hint" ref=${part('hint')}></em>
      <em class="holder" ref=${part('held')}></em>
    </div>
    <${NumberBox}
      param=${param}
      label=${label}
      current=${() => slider.value}
      onText=${part('text')}
      onSet=${(typed) => slider.setTyped(typed)}
      onRefuse=${onRefuse || (() => {})}
    />`;
}
