// The tour of the first start: four steps. It can be skipped, and comes no more.

import { html, useEffect, useLayoutEffect, useRef, useState } from './preact.js';
import { get, put, useTopic } from './state.js';

const SEEN = 'likeness.tour';
const STEPS = [
  {
    at: 'top',
    title: 'This is what the audience sees',
    words: 'Its border is green while it is live. BLACKOUT and FREEZE stay pressed until you press them again; PANIC lets go of all that hangs. A tap makes the picture large.',
  },
  {
    at: 'faders',
    tab: 'Play',
    title: 'Move the face',
    words: 'Drag a fader; tap it twice for its default, tap its name for what it does. Farther from the fader your finger is finer.',
  },
  {
    at: 'cues',
    tab: 'Cues',
    title: 'Keep a face, and bring it back',
    words: 'Hold an empty square until the ring closes: the face is stored. Tap it, and it comes back over the time that stands above. The strip of the past keeps what you forgot to.',
  },
  {
    at: 'faders',
    tab: 'Play',
    title: 'Take a knob in hand',
    words: 'Press Learn, tap a fader, move a knob of your controller: they belong together now. The ? on top shows all keys, and this tour again.',
  },
];
const MARGIN = 6;

function wasSeen() {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return true;
  }
}

function noteSeen() {
  try {
    localStorage.setItem(SEEN, 'done');
  } catch {
    // A private window may keep nothing, and then shows no tour by itself.
  }
}

/** Shows the tour from its beginning. */
export const startTour = () => put('page.tour', 0);

if (!wasSeen()) startTour();

/** The tour, while it goes on. */
export function Tour() {
  const step = useTopic('page.tour');
  const ready = useTopic('params');
  const open = useTopic('page.tab');
  if (step === undefined || step === null || !ready) return null;
  return html`<${Step} key=${step} number=${step} openTab=${open} />`;
}

function leave() {
  noteSeen();
  put('page.tour', null);
}

function Step({ number, openTab }) {
  const step = STEPS[number];
  const [place, setPlace] = useState(null);
  const next = useRef(null);
  useEffect(() => {
    if (step.tab && step.tab !== get('page.tab')) put('page.tab', step.tab);
    next.current.focus({ preventScroll: true });
    const key = (event) => {
      if (event.key !== 'Escape') return;
      event.stopImmediatePropagation();
      leave();
    };
    addEventListener('keydown', key, true);
    return () => removeEventListener('keydown', key, true);
  }, []);
  useLayoutEffect(() => {
    const measure = () => {
      const found = document.querySelector(`[data-tour="${step.at}"]`)?.getBoundingClientRect();
      if (found) setPlace({ left: found.left, top: found.top, width: found.width, height: found.height });
    };
    measure();
    const timer = setTimeout(measure, 80);
    addEventListener('resize', measure);
    return () => {
      clearTimeout(timer);
      removeEventListener('resize', measure);
    };
  }, [openTab]);
  const last = number === STEPS.length - 1;
  const go = () => (last ? leave() : put('page.tour', number + 1));
  return html`<div class="tour">
    ${place ? html`<i class="light" style=${lightAt(place)}></i>` : null}
    <section class="card" role="dialog" aria-label=${`tour, ${number + 1} of ${STEPS.length}`} style=${cardAt(place)}>
      <small>${number + 1} of ${STEPS.length}</small>
      <h2>${step.title}</h2>
      <p>${step.words}</p>
      <footer>
        ${last ? null : html`<button onClick=${leave}>Skip the tour</button>`}
        <button class="on" ref=${next} onClick=${go}>${last ? 'Play' : 'Next'}</button>
      </footer>
    </section>
  </div>`;
}

const px = (number) => `${Math.round(number)}px`;

const lightAt = ({ left, top, width, height }) => ({
  left: px(left - MARGIN),
  top: px(top - MARGIN),
  width: px(width + 2 * MARGIN),
  height: px(height + 2 * MARGIN),
});

/** Puts the card where the lit part is not: beside it, below it, above it, or else at the foot of the page. */
function cardAt(place) {
  const width = Math.min(360, innerWidth - 24);
  const middle = (from, size) => Math.min(Math.max(from, 12), Math.max(12, size));
  const style = { width: px(width) };
  if (!place) return { ...style, left: px((innerWidth - width) / 2), bottom: '12px' };
  const { left, top, width: wide, height: high } = place;
  if (left + wide + width + 24 < innerWidth) return { ...style, left: px(left + wide + 16), top: px(middle(top + 40, innerHeight - 260)) };
  if (left > width + 24) return { ...style, left: px(left - width - 16), top: px(middle(top + 40, innerHeight - 260)) };
  if (top + high + 250 < innerHeight) return { ...style, left: px(middle(left + 12, innerWidth - width - 12)), top: px(top + high + 16) };
  return { ...style, left: px((innerWidth - width) / 2), bottom: px(72) };
}
