// The past: its last minutes as a strip of faces, the newest at the right. Tap one to bring it back, drag to scrub.

import { html, useEffect, useRef, useState } from './preact.js';
import { storeCue } from './cues.js';
import { recallTime } from './cue_tools.js';
import { keep as keepInBrowser, read } from './kept.js';
import { Carrier, followPress } from './press.js';
import { get, hold, send, setParam, subscribe, targetOf, useTopic, useValue } from './state.js';
import { say } from './toasts.js';

const SPANS = { '30 s': 30, '1 min': 60, '3 min': 180, '10 min': 600 };
const SHORT = (words) => words.replace(' min', 'm').replace(' ', '');
const KEPT = 'likeness.past span';
const FACE_PX = 56;
const COUNT = 64;

let heardAt = 0;
let heardNow = 0;
subscribe('past', (past) => {
  if (!past || past.now === heardNow) return;
  heardNow = past.now;
  heardAt = performance.now();
});

/** Returns the show's time now; the topic tells it once a second. */
function showTime() {
  const since = targetOf('master.freeze') ? 0 : Math.min((performance.now() - heardAt) / 1000, 1.2);
  return heardNow + since;
}

const readSpan = () => Number(read(KEPT)) || 60;

/** Returns the pictures to draw, evenly over the span: `times` are in order, `count` fit beside each other. */
export function pickTimes(times, now, span, count) {
  const step = span / count;
  const picked = [];
  let at = 0;
  // On a grid that does not move with the time, so that faces wander on and are not drawn anew.
  for (let slot = Math.floor((now - span) / step); slot * step <= now; slot += 1) {
    // A face stands for the time until the next one; what was in its middle is most like it.
    const wanted = Math.min((slot + 0.5) * step, now);
    while (at + 1 < times.length && Math.abs(times[at + 1] - wanted) <= Math.abs(times[at] - wanted)) at += 1;
    if (at < times.length && Math.abs(times[at] - wanted) <= Math.max(step / 2, 1)) picked.push([slot * step, times[at]]);
  }
  return picked;
}

/** Returns the number of the first cue that is empty, or null. */
export function firstEmptyCue() {
  const stored = get('cues')?.cues ?? {};
  for (let number = 1; number <= COUNT; number += 1) if (!stored[number]) return number;
  return null;
}

/** Stores a moment as a cue: the given one, or the first that is empty. */
function keep(moment, cue = firstEmptyCue()) {
  if (cue === null) say('All cues are taken: drag the face onto the one that it may replace.');
  else storeCue(String(cue), ['/history/store', Number(cue), Math.max(showTime() - moment, 0), 's']);
}

function recallMoment(moment) {
  const [time, unit] = recallTime();
  send('/history/recall', Math.max(showTime() - moment, 0), 's', time, unit);
}

/** Returns how long ago a moment is, in words. */
function ago(moment) {
  const seconds = Math.max(0, Math.round(showTime() - moment));
  return seconds < 100 ? `${seconds} s ago` : `${Math.floor(seconds / 60)} min ${seconds % 60} s ago`;
}

/** The past with its tools. */
export function Past() {
  const past = useTopic('past');
  const [span, setSpan] = useState(readSpan);
  // The moment that was tapped or scrubbed to, and the show's time at which scrubbing began.
  const [chosen, choose] = useState(null);
  const scrub = useValue('history.scrub').target ?? 1;
  const began = useRef(null);
  if (scrub >= 1) began.current = null;
  else began.current ??= showTime();
  const back = scrub < 1 || chosen !== null;
  const zoom = (seconds) => {
    setSpan(seconds);
    keepInBrowser(KEPT, seconds);
  };
  const live = () => {
    if (scrub < 1) send('/history/live', ...recallTime());
    if (chosen !== null) send('/cue/release', 1);
    choose(null);
  };
  const spanOf = scrub < 1 ? (targetOf('history.span') ?? span) : span;
  const moment = scrub < 1 ? began.current - (1 - scrub) * spanOf : chosen;
  return html`<section class="past" aria-label="the past" data-tour="past">
    <${Strip} past=${past} span=${spanOf} now=${began.current ?? past?.now} moment=${moment} scrubbing=${scrub < 1} onChoose=${choose} />
    <div class="past-tools">
      <div class="segments" role="group" aria-label="how far back">
        ${Object.entries(SPANS).map(([words, seconds]) => html`<button class=${spanOf === seconds ? 'on' : ''} aria-pressed=${spanOf === seconds} aria-label=${`${SHORT(words)}: show the last ${words}`} disabled=${scrub < 1} onClick=${() => zoom(seconds)}>${SHORT(words)}</button>`)}
      </div>
      <button class="star" disabled=${moment === null} aria-label="★ Keep this moment in the first empty cue" onClick=${() => keep(moment)}>★ Keep</button>
      <button class=${`live ${back ? 'back' : ''}`} aria-label=${back ? '▶ To live' : 'Live'} onClick=${live}>${back ? '▶ To live' : 'Live'}</button>
    </div>
  </section>`;
}

function Strip({ past, span, now, moment, scrubbing, onChoose }) {
  const box = useRef(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const sizes = new ResizeObserver(() => setWidth(box.current.clientWidth));
    sizes.observe(box.current);
    return () => sizes.disconnect();
  }, []);
  const scale = width / span;
  const count = Math.max(1, Math.floor(width / FACE_PX));
  const faceWidth = Math.ceil(width / count);
  const faces = width && past ? pickTimes(past.times, now, span, count) : [];
  const down = (event) => followPress(event, handsOf({ box: box.current, span, now, faces, onChoose }));
  const key = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const seconds = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -span, End: span }[event.key];
    if (seconds) scrubTo((targetOf('history.scrub') ?? 1) + seconds / span, span);
    else if (event.key === 's' && moment !== null) {
      if (!event.repeat) keep(moment);
    } else return;
    event.preventDefault();
  };
  const place = (time) => (time - now) * scale;
  return html`<div
    class=${`strip ${scrubbing ? 'scrubbing' : ''}`}
    ref=${box}
    role="slider"
    tabindex="0"
    aria-label=${`the last ${span} seconds; scrub with the arrow keys, keep a moment with S`}
    aria-valuemin=${-span}
    aria-valuemax="0"
    aria-valuenow=${moment === null ? 0 : Math.round(moment - now)}
    aria-valuetext=${moment === null ? 'now' : ago(moment)}
    onPointerDown=${down}
    onKeyDown=${key}
    onContextMenu=${(event) => event.preventDefault()}
  >
    <div class="faces" key=${span}>
      ${faces.map(([at, time]) => html`<img key=${time} src=${`/picture/past/${time}`} alt="" draggable=${false} style=${{ width: `${faceWidth}px`, transform: `translateX(${(width + place(at)).toFixed(1)}px)` }} />`)}
    </div>
    ${faces.length ? null : html`<p class="dim">Faces come here as the show goes on.</p>`}
    ${moment === null || !width
      ? null
      : html`<i class="head" style=${{ transform: `translateX(${Math.max(place(moment), 2 - width).toFixed(1)}px)` }}></i><b class="when">${ago(moment)}</b>`}
  </div>`;
}

function scrubTo(part, span) {
  if (targetOf('history.span') !== span) setParam('history.span', span);
  setParam('history.scrub', Math.min(Math.max(part, 0), 1));
}

function handsOf({ box, span, now, faces, onChoose }) {
  const { left, width } = box.getBoundingClientRect();
  const partAt = (event) => Math.min(Math.max((event.clientX - left) / width, 0), 1);
  const momentAt = (event) => now - (1 - partAt(event)) * span;
  let start = null;
  let carrier = null;
  let scrubbing = false;
  const lose = () => (scrubbing = false);
  // A face stands to the right of its moment, until the next one.
  const faceAt = (event) => (faces.findLast(([at]) => at <= momentAt(event)) ?? faces[0])?.[1];
  const drag = (event) => {
    const up = Math.abs(event.clientY - start.clientY) > Math.abs(event.clientX - start.clientX);
    if (up && faces.length) carrier = new Carrier(`/picture/past/${faceAt(start)}`);
    else if (!up) {
      scrubbing = true;
      hold('history.scrub', true, lose);
    }
  };
  const move = (event) => {
    if (carrier) carrier.move(event, '[data-cue]');
    else if (scrubbing) scrubTo(partAt(event), span);
  };
  const drop = () => {
    const cue = carrier?.target?.dataset.cue;
    if (cue) keep(faceAt(start), cue);
  };
  const end = () => {
    carrier?.end();
    if (scrubbing) hold('history.scrub', false, lose);
  };
  const tap = (event) => {
    if ((targetOf('history.scrub') ?? 1) < 1) scrubTo(partAt(event), span);
    else if (faces.length) {
      onChoose(faceAt(event));
      recallMoment(faceAt(event));
    }
  };
  // The finger's first place tells which face it took.
  const begin = (event) => {
    start = event;
  };
  return { begin, tap, hold: () => faces.length && keep(faceAt(start)), drag, move, drop, end };
}
