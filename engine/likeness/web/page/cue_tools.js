// What stands above the cues: over which time and when a recall goes, undo, release, and the banks.

import { html, useEffect, useRef, useState } from './preact.js';
import { keep, read } from './kept.js';
import { makeMode } from './mode.js';
import { send, setParam, targetOf, useTopic, useValue } from './state.js';
import { ask } from './toasts.js';

const KEPT = 'likeness.recall';
const TIMES = { s: [0, 0.5, 1, 2, 4, 8, 15, 30], bars: [0.25, 0.5, 1, 2, 4, 8, 16, 32] };
const WHENS = { off: 'at once', beat: 'on the beat', bar: 'on the bar' };

const time = makeMode({ unit: 's', bars: 1, ...read(KEPT) });

function keepTime(next) {
  time.set(next);
  keep(KEPT, next);
}

/** Returns the time of a recall as the arguments of a command: `[2, 's']`. */
export function recallTime() {
  const { unit, bars } = time.get();
  return unit === 'bars' ? [bars, 'bars'] : [targetOf('cue.seconds') ?? 2, 's'];
}

/** Recalls a cue over the time that stands above the cues. */
export const recallCue = (name) => send('/cue/recall', Number(name), ...recallTime());

/** Brings back the cue that was overwritten or cleared last. */
export const restoreCue = () => ask('/cue/restore');

/** The tools in a row. */
export function CueTools({ cues, onEdit }) {
  const [open, setOpen] = useState(null);
  const { unit, bars } = time.use();
  const seconds = useValue('cue.seconds').target ?? 2;
  const words = unit === 'bars' ? `${bars} ${bars === 1 ? 'bar' : 'bars'}` : `${Number(seconds.toFixed(2))} s`;
  const toggle = (name) => setOpen(open === name ? null : name);
  return html`<div class="cue-tools" role="group" aria-label="how cues are recalled">
    <button class="time" aria-expanded=${open === 'time'} aria-label=${`over ${words}: the time of recalls`} onClick=${() => toggle('time')}>
      <small>over</small> <b>${words}</b>
    </button>
    <${When} />
    <button onClick=${() => ask('/cue/undo')} aria-label="Undo the last recall">Undo</button>
    <button onClick=${() => send('/cue/release', 1)} aria-label="Release: the plugins' own face comes back">Release</button>
    <button onClick=${onEdit} aria-label="Edit: name and clear cues">Edit</button>
    <button aria-expanded=${open === 'more'} aria-label=${`banks and more; bank ${cues?.bank ?? ''} is open`} title=${cues?.bank} class="more" onClick=${() => toggle('more')}>
      ${cues && cues.bank !== 'main' ? html`<small>${cues.bank}</small>` : null} ⋯
    </button>
    ${open
      ? html`<${Sheet} label=${open === 'time' ? 'time of recalls' : 'banks and more'} onClose=${() => setOpen(null)}>
          ${open === 'time' ? html`<${Times} onDone=${() => setOpen(null)} />` : html`<${More} cues=${cues} onDone=${() => setOpen(null)} />`}
        </${Sheet}>`
      : null}
  </div>`;
}

/** When a recall begins: each press goes one on. */
function When() {
  const now = useValue('cue.quantise').target ?? 'off';
  const names = Object.keys(WHENS);
  const next = names[(names.indexOf(now) + 1) % names.length];
  return html`<button class=${`when ${now === 'off' ? '' : 'lit'}`} aria-label=${`${WHENS[now]}: when recalls go`} onClick=${() => setParam('cue.quantise', next)}>
    ${WHENS[now]}
  </button>`;
}

/** A sheet that opens under the tools; a press beside it or Escape closes it. */
function Sheet({ label, onClose, children }) {
  const box = useRef(null);
  useEffect(() => {
    const outside = (event) => !box.current.parentElement.contains(event.target) && onClose();
    const key = (event) => {
      if (event.key !== 'Escape') return;
      event.stopImmediatePropagation();
      onClose();
    };
    addEventListener('pointerdown', outside, true);
    addEventListener('keydown', key, true);
    return () => {
      removeEventListener('pointerdown', outside, true);
      removeEventListener('keydown', key, true);
    };
  });
  return html`<div class="sheet" role="dialog" aria-label=${label} ref=${box}>${children}</div>`;
}

function Times({ onDone }) {
  const kept = time.use();
  const seconds = useValue('cue.seconds').target ?? 2;
  const land = useValue('cue.land').target;
  const { unit } = kept;
  const now = unit === 'bars' ? kept.bars : seconds;
  const set = (value) => {
    if (unit === 'bars') keepTime({ ...kept, bars: value });
    else setParam('cue.seconds', value);
  };
  const typed = (event) => {
    const value = Number(event.target.value.replace(',', '.'));
    if (event.target.value !== '' && value >= 0 && value <= 600) set(value);
    else event.target.value = now;
  };
  return html`<div class="segments" role="group" aria-label="unit">
      ${['s', 'bars'].map((name) => html`<button class=${unit === name ? 'on' : ''} aria-pressed=${unit === name} onClick=${() => keepTime({ ...kept, unit: name })}>${name === 's' ? 'seconds' : 'bars'}</button>`)}
      <input type="text" inputmode="decimal" value=${now} aria-label=${`time in ${unit === 's' ? 'seconds' : 'bars'}`} onChange=${typed} onKeyDown=${(event) => event.key === 'Enter' && onDone()} />
    </div>
    <div class="times">
      ${TIMES[unit].map((value) => html`<button
        class=${value === now ? 'on' : ''}
        aria-pressed=${value === now}
        onClick=${() => {
          set(value);
          onDone();
        }}
      >
        ${value === 0 ? 'cut' : value}
      </button>`)}
    </div>
    ${land === undefined
      ? null
      : html`<h2>Where it waits for the beat or bar, it</h2>
          <div class="segments" role="group" aria-label="what falls on the beat">
          ${['start', 'arrival'].map((name) => html`<button class=${land === name ? 'on' : ''} aria-pressed=${land === name} onClick=${() => setParam('cue.land', name)}>${name === 'start' ? 'starts on it' : 'has arrived on it'}</button>`)}
        </div>`}`;
}

function More({ cues, onDone }) {
  const banks = cues?.banks ?? [];
  const then = (act) => () => {
    act();
    onDone();
  };
  const add = (event) => {
    event.preventDefault();
    const name = new FormData(event.target).get('bank').trim();
    if (name) then(() => send('/cue/bank', name))();
  };
  return html`<h2>Bank</h2>
    <div class="segments wraps">
      ${banks.map((name) => html`<button class=${name === cues.bank ? 'on' : ''} aria-pressed=${name === cues.bank} title=${name} onClick=${then(() => send('/cue/bank', name))}>${name}</button>`)}
    </div>
    <form class="segments" onSubmit=${add}><input name="bank" placeholder="new bank" aria-label="name of a new bank" autocomplete="off" autocapitalize="off" maxlength="40" /><button>Open</button></form>
    <div class="segments">
      <button onClick=${then(() => ask('/cue/next'))}>Next cue</button>
      <button onClick=${then(restoreCue)}>Bring back the last cleared</button>
    </div>
    <p class="dim">Tap a face to bring it back. Hold a square to store this face there. Drag a face to move it.</p>`;
}
