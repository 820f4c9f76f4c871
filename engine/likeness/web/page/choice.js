// Controls that are no faders: choices as buttons or a list, switches, pads for triggers, texts.

import { html, useEffect, useRef, useState } from './preact.js';
import { oscAddress } from './fader.js';
import { Roving } from './roving.js';
import { hold, send, setParam, useValue } from './state.js';

// More than this and buttons are harder to find than a line of a list.
const MOST_BUTTONS = 6;
const MOST_LETTERS = 36;
const FLASH_MS = 160;

/** One of a few words: buttons, or a list where they are many. */
export function Choice({ param, label }) {
  const { target, shown, held } = useValue(param.address);
  const letters = param.choices.join('').length;
  const now = shown ?? target;
  if (param.choices.length > MOST_BUTTONS || letters > MOST_LETTERS) {
    return html`<span class="body"><select
        class=${held ? 'held' : ''}
        aria-label=${label}
        value=${target}
        onChange=${(event) => setParam(param.address, event.target.value)}
      >
        ${param.choices.map((word) => html`<option value=${word} selected=${word === target}>${word}</option>`)}
      </select>${now === target ? null : html`<small class="now">now ${now}</small>`}</span>`;
  }
  return html`<${Roving} tag="span" follow class=${`body words ${held ? 'held' : ''}`} role="radiogroup" aria-label=${label}>
    ${param.choices.map(
      (word) => html`<button
        key=${word}
        role="radio"
        aria-checked=${word === target}
        class=${`${word === target ? 'on' : ''} ${word === now && now !== target ? 'now' : ''}`}
        onClick=${() => setParam(param.address, word)}
      >
        ${word}
      </button>`,
    )}
    <${Holder} name=${held} />
  </${Roving}>`;
}

/** On or off. */
export function Switch({ param, label }) {
  const { target, shown, held } = useValue(param.address);
  const now = Boolean(shown ?? target);
  return html`<span class=${`body ${held ? 'held' : ''}`}>
    <button
      class=${`switch ${target ? 'on' : ''} ${now !== Boolean(target) ? 'now' : ''}`}
      role="switch"
      aria-checked=${Boolean(target)}
      aria-label=${label}
      onClick=${() => setParam(param.address, !target)}
    >
      <i></i>${target ? 'on' : 'off'}
    </button>
    <${Holder} name=${held} />
  </span>`;
}

/** Who holds a control, written on it. */
export const Holder = ({ name }) => (name ? html`<em class="holder">${name}</em>` : null);

/** A pad that presses a trigger the moment it is touched, and flashes. */
export function TriggerPad({ param, label }) {
  const pad = useRef(null);
  const touched = useRef(0);
  const { held } = useValue(param.address);
  const flash = () => {
    pad.current?.classList.add('flash');
    setTimeout(() => pad.current?.classList.remove('flash'), FLASH_MS);
  };
  const press = () => {
    send(oscAddress(param.address), 1);
    flash();
  };
  const down = (event) => {
    if (event.button > 0) return;
    touched.current = event.timeStamp;
    hold(param.address, true);
    press();
  };
  const up = () => hold(param.address, false);
  // A key, or a screen reader, clicks without touching.
  const click = (event) => {
    if (event.timeStamp - touched.current > 1000 || !touched.current) press();
    touched.current = 0;
  };
  return html`<span class=${`body ${held ? 'held' : ''}`}>
    <button class="trigger" ref=${pad} aria-label=${`press ${label}`} onPointerDown=${down} onPointerUp=${up} onPointerCancel=${up} onClick=${click}>
      press
    </button>
    <${Holder} name=${held} />
  </span>`;
}

/** A few words, sent on Enter or when it is left. */
export function TextBox({ param, label }) {
  const { target = '', held } = useValue(param.address);
  const [draft, setDraft] = useState(null);
  const input = useRef(null);
  useEffect(() => setDraft(null), [target]);
  const commit = () => {
    if (draft !== null && draft !== target) setParam(param.address, draft);
    setDraft(null);
  };
  const key = (event) => {
    event.stopPropagation();
    if (event.key === 'Enter') {
      commit();
      input.current.blur();
    }
    if (event.key !== 'Escape') return;
    input.current.value = target;
    setDraft(null);
    requestAnimationFrame(() => input.current.blur());
  };
  return html`<span class=${`body ${held ? 'held' : ''}`}>
    <input
      class=${draft === null || draft === target ? '' : 'unsent'}
      ref=${input}
      aria-label=${label}
      value=${draft ?? target}
      maxlength=${param.longest}
      placeholder="empty"
      autocomplete="off"
      spellcheck=${false}
      onInput=${(event) => setDraft(event.target.value)}
      onFocus=${() => hold(param.address, true)}
      onBlur=${() => {
        hold(param.address, false);
        commit();
      }}
      onKeyDown=${key}
    />
    <${Holder} name=${held} />
  </span>`;
}
