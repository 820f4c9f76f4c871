// Cues: a grid of faces. Tap to bring one back, hold to store, drag to move.

import { html, useEffect, useLayoutEffect, useRef, useState } from './preact.js';
import { CueTools, recallCue, restoreCue } from './cue_tools.js';
import { Carrier, followPress, HoldButton, Ring } from './press.js';
import { Roving } from './roving.js';
import { get, put, send, useTopic } from './state.js';
import { say } from './toasts.js';

const COUNT = 64;
const GAP_PX = 4;
const PAGER_PX = 48;
const MOST_PAGES = 4;
// Columns, rows, and how large a face has to be for them, the first that fit are taken.
const LAYOUTS = [
  [8, 8, 46],
  [8, 4, 46],
  [4, 4, 62],
  [8, 2, 46],
  [4, 2, 46],
  [4, 1, 0],
];
// No face is wider than it is high, or higher than wide, by more than this.
const MOST_OBLONG = 1.3;
const FLIP_MS = 450;

/** Returns how many columns and rows fit, how large their faces are, and where the pages are chosen. */
export function fitGrid(width, height) {
  const sideways = width > height * 1.5;
  for (const [columns, rows, least] of LAYOUTS) {
    const pages = COUNT / (columns * rows);
    const pager = pages > 1 ? PAGER_PX : 0;
    const w = (width - (sideways ? pager : 0) + GAP_PX) / columns - GAP_PX;
    const h = (height - (sideways ? 0 : pager) + GAP_PX) / rows - GAP_PX;
    if (Math.min(w, h) < least) continue;
    const cell = [Math.floor(Math.min(w, h * MOST_OBLONG)), Math.floor(Math.min(h, w * MOST_OBLONG))];
    // Where its pages are no more than turned to the next and back.
    const turns = pages > MOST_PAGES || (sideways && pages * PAGER_PX - GAP_PX > height);
    return { columns, rows, pages, cell, sideways, turns };
  }
  return null;
}

/** The cues' grid with its tools. */
export function Cues() {
  const cues = useTopic('cues');
  const [editing, setEditing] = useState(null);
  const stored = cues?.cues ?? {};
  return html`<section class="cues" aria-label="cues" data-tour="cues">
    ${editing
      ? html`<${Editor} name=${editing} cue=${stored[editing]} onPick=${setEditing} />`
      : html`<${CueTools} cues=${cues} onEdit=${() => setEditing('none')} />`}
    <${Grid} bank=${cues?.bank} stored=${stored} editing=${editing} onPick=${setEditing} />
  </section>`;
}

function useGrid() {
  const box = useRef(null);
  const [grid, setGrid] = useState(null);
  useEffect(() => {
    const fit = () => {
      const next = fitGrid(box.current.clientWidth, box.current.clientHeight);
      setGrid((before) => (JSON.stringify(before) === JSON.stringify(next) ? before : next));
    };
    const sizes = new ResizeObserver(fit);
    sizes.observe(box.current);
    return () => sizes.disconnect();
  }, []);
  return [box, grid];
}

function Grid({ bank, stored, editing, onPick }) {
  const [box, grid] = useGrid();
  const page = Math.min(useTopic('page.cues') ?? 0, (grid?.pages ?? 1) - 1);
  const each = grid ? grid.columns * grid.rows : 0;
  const names = Array.from({ length: each }, (_, i) => String(page * each + i + 1));
  const rows = Array.from({ length: grid?.rows ?? 0 }, (_, row) => names.slice(row * grid.columns, (row + 1) * grid.columns));
  const key = useKeptPlace(box, page, grid?.pages ?? 1);
  const style = grid && {
    gridTemplateColumns: `repeat(${grid.columns}, ${grid.cell[0]}px)`,
    gridAutoRows: `${grid.cell[1]}px`,
  };
  return html`<div class=${`grid-box ${grid?.sideways ? 'sideways' : ''}`} ref=${box}>
    <${Roving} grid class=${`grid ${editing ? 'editing' : ''}`} style=${style} role="grid" aria-label="cues" onKeyDown=${key}>
      ${rows.map(
        (row) => html`<div role="row" key=${row[0]}>
          ${row.map((name) => html`<${Cell} key=${name} name=${name} bank=${bank} cue=${stored[name]} picked=${editing === name} onPick=${editing ? onPick : null} />`)}
        </div>`,
      )}
    </${Roving}>
    ${grid?.pages > 1 ? html`<${Pager} pages=${grid.pages} turns=${grid.turns} each=${each} page=${page} stored=${stored} />` : null}
  </div>`;
}

/** Returns a handler of the keys that turn the pages; the focus stays in its place of the grid. */
function useKeptPlace(box, page, pages) {
  const place = useRef(null);
  useLayoutEffect(() => {
    if (place.current !== null) box.current.querySelectorAll('[data-cue]')[place.current]?.focus();
    place.current = null;
  }, [page]);
  return (event) => {
    const way = { PageUp: -1, PageDown: 1 }[event.key];
    if (!way || page + way < 0 || page + way >= pages) return;
    event.preventDefault();
    place.current = [...box.current.querySelectorAll('[data-cue]')].indexOf(event.target);
    put('page.cues', page + way);
  };
}

function Pager({ pages, turns, each, page, stored }) {
  const lives = (at) => Object.entries(stored).some(([name, { state }]) => state !== 'stored' && Math.floor((name - 1) / each) === at);
  const turn = (to, words) => html`<button data-page=${to} disabled=${to < 0 || to >= pages} aria-label=${`${words}: page of cues`} onClick=${() => put('page.cues', to)}>${words}</button>`;
  const button = (at) => {
    const range = `${at * each + 1}–${(at + 1) * each}`;
    return html`<button
      key=${at}
      class=${at === page ? 'on' : ''}
      aria-pressed=${at === page}
      data-page=${at}
      aria-label=${`${range}: cues${lives(at) ? ', with the live one' : ''}`}
      onClick=${() => put('page.cues', at)}
    >
      ${lives(at) ? '● ' : ''}${range}
    </button>`;
  };
  return html`<div class="pager" role="group" aria-label="pages of cues">
    ${turns ? [turn(page - 1, '◂'), button(page), turn(page + 1, '▸')] : Array.from({ length: pages }, (_, at) => button(at))}
  </div>`;
}

const STATES = { empty: 'empty', stored: 'stored', fading: 'comes', active: 'live' };

/** Returns where a cue's picture is, or null where there is none. */
export const pictureOf = (bank, name, cue) =>
  cue?.picture === null || cue?.picture === undefined ? null : `/picture/cue/${encodeURIComponent(bank)}/${name}?${cue.picture}`;

function Cell({ name, bank, cue, picked, onPick }) {
  const state = cue?.state ?? 'empty';
  const picture = pictureOf(bank, name, cue);
  const down = (event) => followPress(event, handsOf(name, cue, picture, onPick));
  const press = () => (onPick ? onPick(name) : recall(name, cue));
  const key = (event) => {
    const stores = event.key === 's' || (event.key === 'Enter' && event.shiftKey);
    if ((!stores && event.key !== 'Enter') || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (event.repeat) return;
    if (stores && !onPick) storeCue(name);
    else press();
  };
  const seen = [name, cue && !picture && !cue.label && 'no picture', footOf(state, cue?.label)[1]].filter(Boolean).join(' ');
  const words = `cue ${seen}, ${STATES[state]}`;
  return html`<div role="gridcell"><button
    class=${`cue is-${state} ${picked ? 'picked' : ''}`}
    data-cue=${name}
    aria-label=${`${words}; ${cue ? 'Enter recalls, ' : ''}S stores`}
    title=${cue?.label || null}
    onPointerDown=${down}
    onKeyDown=${key}
    onClick=${(event) => isWithoutPointer(event) && press()}
    onContextMenu=${(event) => event.preventDefault()}
  >
    ${picture ? html`<img src=${picture} alt="" draggable=${false} />` : null}
    <span class="cue-number">${name}</span>${' '}
    ${cue && !picture && !cue.label ? html`<span class="cue-none">no picture</span> ` : null}
    <${Foot} state=${state} label=${cue?.label} />
    <${Ring} />
  </button></div>`;
}

/** Whether a click came from a key or a screen reader: those of a finger are told apart by `followPress`. */
const isWithoutPointer = ({ detail, pointerId = -1 }) => detail === 0 && pointerId < 0;

/** Returns a cue's sign and words: its state is not told by colour alone. */
function footOf(state, label) {
  const sign = { active: '●', fading: '▸▸' }[state];
  return [sign, label || (sign && STATES[state])];
}

function Foot({ state, label }) {
  const [sign, words] = footOf(state, label);
  return words ? html`<span class="cue-label">${sign ? html`<i>${sign}</i> ` : null}${words}</span>` : null;
}

function recall(name, cue) {
  if (cue) recallCue(name);
  else say(`Cue ${name} is empty: hold it to store this face.`);
}

/** Stores what is shown as a cue; what was there before can be brought back. */
export function storeCue(name, message = ['/cue/store', Number(name)]) {
  const there = get('cues')?.cues?.[name];
  if (!send(...message) || get('lock')) return;
  say(`Cue ${name} is stored.`, there ? ['Bring the old one back', restoreCue] : null);
}

function handsOf(name, cue, picture, onPick) {
  let carrier = null;
  let flip = 0;
  let over = null;
  const move = (event) => {
    const target = carrier?.move(event, '[data-cue], [data-page]');
    const page = target?.dataset.page;
    if (page === over) return;
    over = page;
    clearTimeout(flip);
    if (page !== undefined) flip = setTimeout(() => put('page.cues', Number(page)), FLIP_MS);
  };
  const end = () => {
    clearTimeout(flip);
    carrier?.end();
  };
  const drop = () => {
    const to = carrier?.target?.dataset.cue;
    if (to && to !== name) send('/cue/move', Number(name), Number(to));
  };
  const drag = () => {
    if (cue) carrier = new Carrier(picture, name);
  };
  const hold = onPick ? null : () => storeCue(name);
  return { tap: () => (onPick ? onPick(name) : recall(name, cue)), hold, drag, move, drop, end };
}

/** Names, stores anew or clears the cue that was picked. */
function Editor({ name, cue, onPick }) {
  const field = useRef(null);
  const none = name === 'none';
  const label = () => {
    if (!field.current) return;
    const text = field.current.value.trim();
    if (cue && text !== cue.label) send('/cue/label', Number(name), text);
  };
  const clear = () => {
    send('/cue/clear', Number(name));
    say(`Cue ${name} is cleared.`, ['Bring it back', restoreCue]);
  };
  // Enter names this cue, and the next one can be tapped; a tap on the stage would recall.
  const submit = (event) => {
    event.preventDefault();
    label();
  };
  return html`<form class="cue-editor" key=${name} onSubmit=${submit} onKeyDown=${(event) => event.key === 'Escape' && onPick(null)}>
    ${none
      ? html`<p>Tap a cue to name or clear it.</p>`
      : html`<input ref=${field} value=${cue?.label ?? ''} disabled=${!cue} maxlength="40" placeholder=${cue ? `name of cue ${name}` : `cue ${name} is empty`} aria-label=${`name of cue ${name}`} onChange=${label} autocomplete="off" />
          <button type="button" onClick=${() => storeCue(name)}>${cue ? 'Store anew' : 'Store'}</button>
          ${cue ? html`<${HoldButton} label="Hold: clear" name=${`cue ${name}`} onDone=${clear} />` : null}`}
    <button type="button" class="on" onClick=${() => { label(); onPick(null); }}>Done</button>
  </form>`;
}
