// Learning: one mode in which every control shows what plays it; tap a control, move a knob, tap the next.

import { html, useEffect } from './preact.js';
import { makeMode, sendFor, useSelected } from './mode.js';
import { get, put, send, useTopic } from './state.js';

const mode = makeMode(false);
const NONE = [];

/** Returns what plays a parameter: its MIDI bindings. */
export const useBindings = (address) =>
  useSelected('midi', (midi) => midi?.bindings?.[address] || NONE, address) || NONE;

/** Begins to learn a parameter: the next knob that is moved plays it. */
export function startLearning(address) {
  mode.set(true);
  sendFor(address, '/midi/learn', address);
}

function endLearning() {
  mode.set(false);
  // Without MIDI there is nothing to end, and the show would say so.
  if (get('midi')?.available) send('/midi/learn');
}

/** Returns whether somebody is learning on this page. */
export const useLearning = () => mode.use();

/** The button that begins and ends the mode. */
export function LearnButton() {
  const on = mode.use();
  return html`<button class=${`mode ${on ? 'on' : ''}`} aria-pressed=${on} onClick=${() => (on ? endLearning() : mode.set(true))}>
    Learn <kbd>m</kbd>
  </button>`;
}

/** What lies over a control while learning: what plays it now. A tap asks for a knob. */
export function LearnCover({ address, label }) {
  const on = mode.use();
  return on ? html`<${Cover} address=${address} label=${label} />` : null;
}

function Cover({ address, label }) {
  const bindings = useBindings(address);
  const learning = useSelected('midi', (midi) => midi?.learning === address, address);
  const available = useSelected('midi', (midi) => Boolean(midi?.available));
  const words = learning
    ? 'move a knob'
    : bindings.map((each) => `${each.control}  ${each.controller}`).join(', ') || 'not mapped';
  return html`<button
    class=${`cover learn ${bindings.length ? 'mapped' : ''} ${learning ? 'learning' : ''}`}
    disabled=${!available}
    aria-label=${`learn ${label}: ${words}`}
    onClick=${() => startLearning(address)}
  >
    ${words}
  </button>`;
}

/** The mode's keys: m begins and ends it, Escape ends it. */
export function Learn() {
  const on = mode.use();
  useEffect(() => {
    const key = (event) => {
      if (event.target.closest?.('input, textarea, select') || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === 'm' && !event.repeat) {
        if (mode.get()) endLearning();
        else {
          put('page.tab', 'Play');
          mode.set(true);
        }
      } else if (event.key === 'Escape' && mode.get()) {
        endLearning();
      } else return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    addEventListener('keydown', key, true);
    return () => removeEventListener('keydown', key, true);
  }, []);
  useEffect(() => {
    document.documentElement.classList.toggle('learning', on);
  }, [on]);
  return null;
}

/** What the mode says, above the faders: what to do now, which controllers are there, or why none is. */
export function LearnBanner() {
  const midi = useTopic('midi') || {};
  const learned = useTopic('answer');
  const ports = midi.ports || [];
  const fresh = learned?.[0] === '/midi/learned' && !midi.learning ? learned : null;
  let words = 'Tap a control, then move a knob, a fader or a pad.';
  if (midi.available === false) words = `No MIDI: ${midi.why || 'it is not open'}.`;
  else if (midi.learning) words = `Move a knob for ${midi.learning.replace('.', ' ').replaceAll('_', ' ')}.`;
  else if (!ports.length) words = 'No controller is plugged in; plug one in, it is found by itself.';
  else if (fresh && fresh[2] !== 'nothing') {
    words = `${fresh[2]}${fresh[3] ? ` of ${fresh[3]}` : ''} plays ${String(fresh[1]).replace('.', ' ')}. Turn it past the fader's place to take hold, or tap the next control.`;
  }
  return html`<div class="learn-banner" role="status" aria-live="polite">
    <p><b>Learn</b> ${words} ${ports.length ? html`<small>${ports.join(', ')}</small>` : null}</p>
    <button onClick=${endLearning}>Done</button>
  </div>`;
}
