// Pads in two dimensions: one finger plays two parameters. Several pads, kept in this browser.

import { html, useCallback, useEffect, useRef, useState } from './preact.js';
import { Live } from './fader.js';
import { keep, read } from './kept.js';
import { makeMode, pluginsFirst } from './mode.js';
import { clamp, fromUnit, nameOf, smallStep, spoken, toUnit } from './number.js';
import { hold, send, setParam, useTopic } from './state.js';

const KEPT = 'likeness.pads';
const SHOWN = 'likeness.pads shown';
const MOST_PADS = 8;
const DOUBLE_TAP_MS = 320;
const FINE = 0.1;
// As in style.css: the cross stays so far from the border that its whole width is seen.
const INSET_PX = 8;
// Pads for a plugin that has two parameters made for one: the plugin, x, y.
const PAIRS = [
  { name: 'two directions', plugin: 'direction_pad', x: 'direction_pad.x', y: 'direction_pad.y' },
  { name: 'the picture\'s place', plugin: 'plane', x: 'plane.x', y: 'plane.y', down: true },
];

// On most screens the faders need the height more, until somebody asks for pads.
const ROOMY = '(min-height: 900px) and (min-width: 700px)';
const shown = makeMode((read(SHOWN) ?? matchMedia(ROOMY).matches) === true);

/** The button that shows and hides the pads. */
export function PadsButton() {
  const on = shown.use();
  const toggle = () => {
    shown.set(!on);
    keep(SHOWN, !on);
  };
  return html`<button class=${`mode ${on ? 'on' : ''}`} aria-pressed=${on} onClick=${toggle}>Pads</button>`;
}

function readPads() {
  const kept = read(KEPT);
  return Array.isArray(kept) ? kept.filter((pad) => typeof pad?.x === 'string' && typeof pad?.y === 'string') : null;
}

/** Returns the pads of somebody who has chosen none: the first two faders of the rack, and two directions. */
export function firstPads(groups) {
  const first = groups.find((group) => group.plugin && faders(group).length > 1);
  const [x, y] = first ? faders(first) : [];
  const own = x ? [{ x: x.address, y: y.address }] : [];
  return [...own, { x: PAIRS[0].x, y: PAIRS[0].y }];
}

const faders = (group) =>
  group.params.filter((param) => (param.kind === 'float' || param.kind === 'int') && param.name !== 'budget_ms');

/** The surface of one pad, and what the finger does on it. */
class PadView {
  constructor() {
    this.pointer = null;
    this.others = new Set();
    this.now = {};
    this.lastTap = 0;
  }

  show(axis, { target, shown, held }) {
    if (target === undefined) return;
    const before = this.now[axis];
    const moving = this.pointer !== null;
    this.now[axis] = { value: moving && before ? before.value : target, shown, held };
    this.draw();
  }

  draw() {
    const { area, cross, across, mod, words } = this;
    const { x, y } = this.now;
    if (!area || !x || !y) return;
    const at = (axis, value) => {
      const u = toUnit(this.params[axis], value);
      return axis === 'y' && !this.down ? 1 - u : u;
    };
    const percent = (u) => `${(u * 100).toFixed(2)}%`;
    cross.style.transform = `translateX(${percent(at('x', x.value))})`;
    across.style.transform = `translateY(${percent(at('y', y.value))})`;
    const moved = [x, y].some((one) => one.shown !== undefined && one.shown !== null && one.shown !== one.value);
    area.classList.toggle('modulated', moved);
    if (moved) mod.style.transform = `translate(${percent(at('x', x.shown ?? x.value))}, ${percent(at('y', y.shown ?? y.value))})`;
    const holder = x.held || y.held || '';
    area.classList.toggle('held', Boolean(holder));
    const text = `${spoken(this.params.x, x.value)}, ${spoken(this.params.y, y.value)}`;
    words.textContent = holder ? `${text} · ${holder}` : text;
    area.setAttribute('aria-valuetext', text);
    area.setAttribute('aria-valuenow', String(x.value));
  }

  set(axis, u) {
    const param = this.params[axis];
    const value = fromUnit(param, u);
    if (!this.now[axis] || value === this.now[axis].value) return;
    this.now[axis].value = value;
    setParam(param.address, value);
    this.draw();
  }

  unit(axis) {
    return this.now[axis] ? toUnit(this.params[axis], this.now[axis].value) : 0;
  }

  press = (event) => {
    if (event.button > 0) return;
    this.area.setPointerCapture(event.pointerId);
    if (this.pointer !== null) {
      this.others.add(event.pointerId);
      return;
    }
    event.preventDefault();
    this.area.focus({ preventScroll: true });
    this.pointer = event.pointerId;
    const box = this.area.getBoundingClientRect();
    this.rect = {
      left: box.left + INSET_PX,
      top: box.top + INSET_PX,
      width: box.width - 2 * INSET_PX,
      height: box.height - 2 * INSET_PX,
    };
    this.area.classList.add('touched');
    for (const axis of ['x', 'y']) hold(this.params[axis].address, true, this.lose);
    const quick = event.timeStamp - this.lastTap < DOUBLE_TAP_MS;
    this.lastTap = quick ? 0 : event.timeStamp;
    const { left, top, width, height } = this.rect;
    const down = (event.clientY - top) / height;
    this.at = quick
      ? { x: toUnit(this.params.x, this.params.x.default), y: toUnit(this.params.y, this.params.y.default) }
      : { x: (event.clientX - left) / width, y: this.down ? down : 1 - down };
    this.last = { x: event.clientX, y: event.clientY };
    this.put();
  };

  put() {
    this.set('x', clamp(this.at.x));
    this.set('y', clamp(this.at.y));
  }

  move = (event) => {
    if (event.pointerId !== this.pointer) return;
    const fine = (this.others.size ? FINE : 1) * (event.shiftKey ? FINE : 1);
    this.at.x += ((event.clientX - this.last.x) / this.rect.width) * fine;
    this.at.y += ((event.clientY - this.last.y) / this.rect.height) * fine * (this.down ? 1 : -1);
    if (Math.hypot(event.clientX - this.last.x, event.clientY - this.last.y) > 6) this.lastTap = 0;
    this.last = { x: event.clientX, y: event.clientY };
    this.put();
  };

  release = (event) => {
    this.others.delete(event.pointerId);
    if (event.pointerId !== this.pointer) return;
    this.letGo();
    this.area.classList.remove('touched');
  };

  letGo() {
    this.pointer = null;
    this.others.clear();
    for (const axis of ['x', 'y']) hold(this.params[axis].address, false, this.lose);
  }

  /** Lets go without the finger's doing: another hand has taken one of the two. */
  lose = () => {
    if (this.pointer === null) return;
    this.letGo();
    this.area.classList.remove('touched');
  };

  key = (event) => {
    const up = this.down ? -1 : 1;
    const ways = { ArrowRight: ['x', 1], ArrowLeft: ['x', -1], ArrowUp: ['y', up], ArrowDown: ['y', -up] };
    const way = ways[event.key];
    if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const [axis, sign] = way;
    const step = Math.max(event.shiftKey ? 0.001 : 0.01, smallStep(this.params[axis]));
    this.set(axis, clamp(this.unit(axis) + sign * step));
  };
}

/** The surface of a pad for two parameters. */
function Surface({ x, y, down }) {
  const self = useRef(null);
  self.current ??= new PadView();
  const pad = self.current;
  Object.assign(pad, { params: { x, y }, down });
  const showX = useCallback((live) => pad.show('x', live), []);
  const showY = useCallback((live) => pad.show('y', live), []);
  useEffect(() => () => pad.pointer !== null && pad.letGo(), []);
  const part = (name) => (element) => {
    pad[name] = element;
  };
  const name = (param) => param.address.replace('.', ' ').replaceAll('_', ' ');
  return html`<div
      class="area"
      role="slider"
      tabindex="0"
      ref=${part('area')}
      aria-label=${`${name(x)} to the right, ${name(y)} ${down ? 'downward' : 'upward'}`}
      aria-valuemin=${x.min}
      aria-valuemax=${x.max}
      onPointerDown=${pad.press}
      onPointerMove=${pad.move}
      onPointerUp=${pad.release}
      onPointerCancel=${pad.release}
      onKeyDown=${pad.key}
    >
      <i class="v" ref=${part('cross')}></i><i class="h" ref=${part('across')}></i><i class="dot" ref=${part('mod')}></i>
      <span ref=${part('words')}></span>
    </div>
    <${Live} address=${x.address} write=${showX} /><${Live} address=${y.address} write=${showY} />`;
}

function Axis({ label, address, groups, onPick }) {
  const known = groups.some((group) => group.params.some((param) => param.address === address));
  return html`<label><span>${label}</span
    ><select value=${address} onChange=${(event) => onPick(event.target.value)}>
      ${known ? null : html`<option value=${address} selected>${address.split('.')[1]}</option>`}
      ${groups.map(
        (group) => html`<optgroup label=${group.title}>
          ${faders(group).map(
            (param) => html`<option value=${param.address} selected=${param.address === address}>${nameOf(param)} · ${group.title}</option>`,
          )}
        </optgroup>`,
      )}
    </select></label
  >`;
}

/** A pad whose plugin is not in the rack: says so, and adds it. */
function Missing({ pad }) {
  const available = useTopic('rack')?.available || [];
  const plugin = [pad.x, pad.y].map((address) => address.split('.')[0]).find((owner) => available.some((one) => one.name === owner));
  const owner = pad.x.split('.')[0].replaceAll('_', ' ');
  return html`<div class="area missing">
    <p>${owner} is not in the rack.</p>
    ${plugin ? html`<button onClick=${() => send('/rack/add', plugin)}>add ${plugin.replaceAll('_', ' ')}</button>` : null}
  </div>`;
}

function Pad({ pad, groups, onChange, onRemove }) {
  const find = (address) => groups.flatMap((group) => group.params).find((param) => param.address === address);
  const [x, y] = [find(pad.x), find(pad.y)];
  const pair = PAIRS.find((one) => one.x === pad.x && one.y === pad.y);
  return html`<div class="pad">
    ${x && y
      ? html`<${Surface} key=${`${pad.x} ${pad.y}`} x=${x} y=${y} down=${Boolean(pair?.down)} />`
      : html`<${Missing} pad=${pad} />`}
    <div class="axes">
      <${Axis} label="x" address=${pad.x} groups=${groups} onPick=${(address) => onChange({ ...pad, x: address })} />
      <${Axis} label="y" address=${pad.y} groups=${groups} onPick=${(address) => onChange({ ...pad, y: address })} />
      <button aria-label="remove this pad" onClick=${onRemove}>✕</button>
    </div>
  </div>`;
}

/** All pads of this browser, while their button is on. */
export function Pads() {
  return shown.use() ? html`<${AllPads} />` : null;
}

function AllPads() {
  const groups = useTopic('params') || [];
  const [chosen, setChosen] = useState(readPads);
  const pads = chosen || firstPads(groups);
  const choose = (next) => {
    setChosen(next);
    keep(KEPT, next);
  };
  const ordered = pluginsFirst(groups).filter((group) => faders(group).length);
  const blank = firstPads(groups)[0];
  return html`<section class="pads" aria-label="pads">
    ${pads.map(
      (pad, i) => html`<${Pad}
        key=${i}
        pad=${pad}
        groups=${ordered}
        onChange=${(next) => choose(pads.map((one, at) => (at === i ? next : one)))}
        onRemove=${() => choose(pads.filter((_, at) => at !== i))}
      />`,
    )}
    ${pads.length < MOST_PADS
      ? html`<div class="add-pad">
          <button onClick=${() => choose([...pads, blank])}>+ pad</button>
          ${PAIRS.map((pair) => html`<button onClick=${() => choose([...pads, { x: pair.x, y: pair.y }])}>+ ${pair.name}</button>`)}
        </div>`
      : null}
  </section>`;
}
