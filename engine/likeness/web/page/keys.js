// The keyboard, and the page's help, which lists it and shows how other devices reach the desk.

import { html, useEffect, useRef } from './preact.js';
import { recallCue } from './cue_tools.js';
import { storeCue } from './cues.js';
import { toggleBig } from './preview.js';
import { get, put, send, useTopic } from './state.js';
import { ask } from './toasts.js';
import { panic, pressBlackout, toggleFreeze } from './top.js';
import { startTour } from './tour.js';

const KEYS = [
  [['b'], 'B', 'blackout, and back; twice cuts', pressBlackout],
  [[' '], 'Space', 'freeze, and go on', toggleFreeze],
  [['P'], 'Shift P', 'panic: let go of all that could stick', panic],
  [['t'], 'T', 'tap the tempo', () => send('/transport/tap', 1)],
  [['u'], 'U', 'undo the last recall', () => ask('/cue/undo')],
  [['r'], 'R', "release: the plugins' own face comes back", () => send('/cue/release', 1)],
  [['n'], 'N', 'next cue', () => ask('/cue/next')],
  [['l'], 'L', 'from the past to the present', () => send('/history/live')],
  [['v'], 'V', 'large preview, and small again', toggleBig],
  [['?', 'h'], '? or H', 'this help', () => put('page.help', !get('page.help'))],
];
const MORE = [
  ['1 to 8', 'recall a cue; with Shift store it'],
  ['[ and ]', 'tab to the left, to the right'],
  ['M', 'learn: tap a control, move a knob'],
  ['/', 'filter the faders'],
  ['Arrows', 'move a fader, with Shift finely; go from cue to cue, from button to button'],
  ['S', 'store the cue, or keep the moment of the past, that has the focus'],
  ['PgDn', 'more cues, where they have several pages'],
  ['Esc', 'close what is open'],
];

// Whether a finger or the mouse was used last: a button that they have left in focus is not what Space is meant for.
let pointed = true;
addEventListener('pointerdown', () => (pointed = true), true);
addEventListener(
  'keydown',
  ({ key, target }) => {
    if (key === 'Tab' || (key.startsWith('Arrow') && target.closest?.('[data-roving]'))) pointed = false;
  },
  true,
);

/** Whether a key is meant for what has the focus. */
function isForElse(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return true;
  if (event.target.closest?.('input, textarea, select')) return true;
  if (event.key !== ' ' || !document.activeElement?.matches('button, a, summary')) return false;
  if (pointed) document.activeElement.blur();
  return !pointed;
}

function useKeys(tabs) {
  useEffect(() => {
    const key = (event) => {
      if (event.key === 'Escape') return closeTop();
      if (isForElse(event) || event.repeat) return undefined;
      const cue = /^Digit([1-8])$/.exec(event.code)?.[1];
      const found = KEYS.find(([names]) => names.includes(event.key));
      if (cue) (event.shiftKey ? storeCue : recallCue)(cue);
      else if (event.key === '[' || event.key === ']') turn(tabs, event.key === ']' ? 1 : -1);
      else if (found) found[3]();
      else return undefined;
      event.preventDefault();
      return undefined;
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, [tabs]);
}

function closeTop() {
  if (get('page.help')) put('page.help', false);
  else if (get('page.big')) put('page.big', false);
  else document.activeElement?.blur();
}

function turn(tabs, way) {
  const at = Math.max(0, tabs.findIndex((tab) => tab.name === get('page.tab')));
  put('page.tab', tabs[(at + way + tabs.length) % tabs.length].name);
}

/** The keyboard, and the help while it is open. */
export function Keys({ tabs }) {
  useKeys(tabs);
  return useTopic('page.help') ? html`<${Help} />` : null;
}

const close = () => put('page.help', false);

function Help() {
  const link = useTopic('link');
  const hello = useTopic('hello');
  const button = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    button.current.focus();
    return () => before?.focus?.();
  }, []);
  const rows = [...KEYS.map(([, name, words]) => [name, words]), ...MORE];
  return html`<div class="veil" onClick=${(event) => event.target === event.currentTarget && close()}>
    <section class="help-box" role="dialog" aria-modal="true" aria-label="keys and help">
      <header class="panel-head">
        <h2>Keys</h2>
        <button onClick=${() => (close(), startTour())}>Show the tour</button>
        <button ref=${button} class="on" onClick=${close}>Close</button>
      </header>
      <div class="scrolls" tabindex="0" role="group" aria-label="all keys">
        <dl class="keys">${rows.map(([name, words]) => html`<div><dt><kbd>${name}</kbd></dt><dd>${words}</dd></div>`)}</dl>
        <${Devices} link=${link} />
        <p class="dim">${hello?.program ?? 'likeness'} ${hello?.version ?? ''}; this page is ${hello?.client ?? 'a desk'}.</p>
      </div>
    </section>
  </div>`;
}

function Devices({ link }) {
  if (!link) return html`<p class="dim">Only this machine reaches the desk. Start the show with --web-host to play it from a tablet.</p>`;
  // As a picture, since what stands in a page may bring no styles of its own.
  const picture = `data:image/svg+xml,${encodeURIComponent(link.qr)}`;
  return html`<div class="devices">
    <img src=${picture} alt="QR code of the link for another device" />
    <div>
      <h3>Another device</h3>
      <p>Point its camera here, or open<br /><code>${link.url}</code></p>
      <p class="dim">To look on only:<br /><code>${link.view_url}</code></p>
    </div>
  </div>`;
}
