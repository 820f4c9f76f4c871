// Numbers of parameters: fader position and back, how they are written, and how typed text is read.

import { html, useLayoutEffect, useRef, useState } from './preact.js';

// What follows a number that somebody types, and by what it is then multiplied, for each unit.
const SCALES = {
  s: { ms: 0.001, s: 1, sec: 1, second: 1, seconds: 1, min: 60 },
  ms: { ms: 1, s: 1000 },
  Hz: { hz: 1, mhz: 0.001, khz: 1000 },
};

/** Returns `u` kept between 0 and 1. */
export const clamp = (u) => Math.min(Math.max(u, 0), 1);

/** Returns a parameter's name as it is written: without the unit that stands beside its number. */
export const nameOf = ({ name, unit }) =>
  (unit && name.endsWith(`_${unit}`) ? name.slice(0, -unit.length - 1) : name).replaceAll('_', ' ');

/** Returns the fader position in 0..1 that stands for a value. */
export function toUnit(param, value) {
  const number = Math.min(Math.max(Number(value), param.min), param.max);
  if (param.warp === 'exp') return Math.log(number / param.min) / Math.log(param.max / param.min);
  return (number - param.min) / (param.max - param.min);
}

/** Returns the value at a fader position in 0..1. */
export function fromUnit(param, u) {
  const at = clamp(u);
  if (param.warp === 'exp') return param.min ** (1 - at) * param.max ** at;
  const value = param.min + (param.max - param.min) * at;
  return param.kind === 'int' ? Math.round(value) : value;
}

/** Returns the smallest sensible step of a fader, in fader units. */
export const smallStep = (param) => (param.kind === 'int' ? 1 / (param.max - param.min) : 0.001);

function decimals(param, value) {
  if (param.kind === 'int') return 0;
  if (param.warp === 'exp') return Math.abs(value) < 0.1 ? 3 : Math.abs(value) < 10 ? 2 : 1;
  const span = param.max - param.min;
  return span <= 20 ? 2 : span <= 400 ? 1 : 0;
}

/** Returns a value as it is written beside the fader; `more` adds decimals, for fine drags. */
export function format(param, value, more = 0) {
  if (typeof value !== 'number' || !Number.isFinite(value)) return value == null ? '–' : String(value);
  const text = value.toFixed(param.kind === 'int' ? 0 : decimals(param, value) + more);
  return Number(text) === 0 ? text.replace('-', '') : text;
}

/** Returns a value with its unit, as a screen reader says it. */
export const spoken = (param, value) => (param.unit ? `${format(param, value)} ${param.unit}` : format(param, value));

/** Returns the number that typed text means, or an `Error` in words: `0.3`, `30%`, `120 bpm`, `200 ms`. */
function readTyped(param, text) {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(\S*)$/i.exec(text.trim().replace(',', '.'));
  const range = `${format(param, param.min)} to ${spoken(param, param.max)}`;
  if (!match) return new Error(`"${text}" is no number; it takes ${range}`);
  const number = Number(match[1]);
  const rest = match[2].toLowerCase();
  const unit = param.unit || '';
  if (rest === '%' && unit !== '%') return fromUnit(param, number / 100);
  const scale = (SCALES[unit] || {})[rest] ?? (rest === '' || unit.toLowerCase().startsWith(rest) ? 1 : null);
  if (scale === null) return new Error(unit ? `${match[2]}? It counts in ${unit}` : `${match[2]}? It has no unit`);
  return number * scale;
}

/** Returns a number as a value of the parameter. */
const fit = (param, number) => {
  const value = Math.min(Math.max(number, param.min), param.max);
  return param.kind === 'int' ? Math.round(value) : value;
};

/** Returns the value that typed text means, within the parameter's range, or an `Error` in words. */
export function parseTyped(param, text) {
  const number = readTyped(param, text);
  return number instanceof Error ? number : fit(param, number);
}

/** Shows a number with its unit; a tap opens an input. The text itself is written by `onText(element)`'s owner. */
export function NumberBox({ param, label, current, onText, onSet, onRefuse }) {
  const [open, setOpen] = useState(false);
  const input = useRef(null);
  const button = useRef(null);
  // At once, for a tablet shows its keys only for what is focused within the tap.
  useLayoutEffect(() => {
    if (!open) return;
    input.current.focus();
    input.current.select();
  }, [open]);
  const close = () => {
    setOpen(false);
    // Not where a hand has gone on to something else within that frame.
    requestAnimationFrame(() => document.activeElement === document.body && button.current?.focus());
  };
  const onKey = (event) => {
    event.stopPropagation();
    if (event.key === 'Escape') close();
    if (event.key !== 'Enter') return;
    const text = input.current.value.trim();
    const number = readTyped(param, text);
    if (number instanceof Error) {
      onRefuse(number.message);
      input.current.select();
      return;
    }
    const value = fit(param, number);
    const beyond = number < param.min ? 'least' : number > param.max ? 'most' : null;
    onRefuse(beyond && `${text} is out of range; it is at its ${beyond}, ${spoken(param, value)}`);
    onSet(value);
    close();
  };
  if (open) {
    return html`<input
      class="number number-input"
      ref=${input}
      aria-label=${`${label}: type a value`}
      inputmode=${param.min < 0 ? 'text' : 'decimal'}
      enterkeyhint="done"
      autocomplete="off"
      value=${String(Number(Number(current()).toPrecision(6)))}
      onKeyDown=${onKey}
      onBlur=${() => setOpen(false)}
    />`;
  }
  return html`<button class="number" ref=${button} aria-label=${`type a value for ${label}`} onClick=${() => setOpen(true)}>
    <b ref=${onText}></b>${param.unit ? html`<small>${param.unit}</small>` : null}
  </button>`;
}
