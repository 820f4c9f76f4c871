// The list of what can move a fader. Drag one onto a fader, or tap it and then tap the fader.

import { html, useEffect, useRef } from './preact.js';
import { pathOf } from './binding.js';
import { makeMode, pluginsFirst, sendFor } from './mode.js';
import { nameOf } from './number.js';
import { Roving } from './roving.js';
import { curveOf, SHAPES } from './shapes.js';
import { useTopic } from './state.js';

const DRAG_PX = 8;
const EDGE_PX = 56;
const DECAY = { attack: 0.02, release: 0.3 };

const lfo = (shape) => ({ name: shape, look: { source: 'lfo', shape, phase: 0 }, pairs: ['source', 'lfo', 'shape', shape] });
const audio = (band) => ({
  name: band === 'level' ? 'loudness' : band,
  sound: true,
  look: { source: 'audio', ...DECAY, attack: 0.15 },
  pairs: ['source', 'audio', 'band', band, 'amount', 0.5],
});
const STEPS = '1 0 0.5 0 0.75 0 0.5 0.25';
const SOURCES = [
  ...Object.keys(SHAPES).map(lfo),
  {
    name: 'steps',
    look: { source: 'steps', steps: STEPS.split(' ').map(Number) },
    pairs: ['source', 'steps', 'steps', STEPS, 'beats', 0.5, 'amount', 0.5],
  },
  ...['level', 'low', 'mid', 'high'].map(audio),
  {
    name: 'onset',
    sound: true,
    look: { source: 'onset', ...DECAY },
    pairs: ['source', 'onset', 'band', 'level', 'amount', 0.5],
  },
];

// Which modulator was tapped, or which control asked for one.
const armed = makeMode({ source: null, address: null });
const open = makeMode(false);

function add(source, address) {
  armed.set({ source: null, address: null });
  sendFor(address, '/mod/add', address, ...source.pairs);
}

/** Asks for a modulator of a control: the next one that is tapped is put onto it. */
export function askFor(address) {
  open.set(true);
  armed.set({ source: null, address });
}

const disarm = () => armed.set({ source: null, address: null });

/** The button that shows and hides the list above the faders. */
export function PaletteButton() {
  const on = open.use();
  const toggle = () => {
    open.set(!on);
    disarm();
  };
  return html`<button class=${`mode ${on ? 'on' : ''}`} aria-pressed=${on} onClick=${toggle}>Modulate</button>`;
}

/** The list above the faders, while its button is on. */
export function Palette() {
  return open.use() ? html`<${Sources} />` : null;
}

/** The list of modulators to put onto faders. */
export function Sources() {
  const { source, address } = armed.use();
  const sound = useTopic('audio');
  useEffect(() => {
    const key = (event) => {
      const { source: tapped, address: asked } = armed.get();
      if (event.key !== 'Escape' || !(tapped || asked)) return;
      disarm();
      event.stopImmediatePropagation();
    };
    addEventListener('keydown', key, true);
    return () => {
      removeEventListener('keydown', key, true);
      disarm();
    };
  }, []);
  const words = source
    ? `Tap the fader that "${source.name}" shall move.`
    : address
      ? `Tap what shall move ${address.replace('.', ' ').replaceAll('_', ' ')}.`
      : 'Drag one onto a fader, or tap it and then the fader.';
  return html`<${Roving} class="palette" role="toolbar" aria-label="modulators">
    ${SOURCES.map((each) => html`<${Chip} key=${each.name} source=${each} armed=${source === each} silent=${each.sound && !sound?.on} />`)}
    <p role="status">${words}${sound?.on ? '' : html` <small>Audio is off: what listens stands still.</small>`}</p>
  </${Roving}>`;
}

function Chip({ source, armed: on, silent }) {
  const drag = useRef(null);
  const down = (event) => {
    if (event.button > 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = new Drag(source, event);
  };
  const move = (event) => drag.current?.move(event);
  const up = (event) => {
    const { current } = drag;
    drag.current = null;
    current?.end(event.type === 'pointerup');
  };
  const click = () => {
    const { source: before, address } = armed.get();
    if (address) add(source, address);
    else armed.set({ source: before === source ? null : source, address: null });
  };
  return html`<button
    class=${`chip ${on ? 'on' : ''} ${silent ? 'silent' : ''}`}
    aria-pressed=${on}
    onPointerDown=${down}
    onPointerMove=${move}
    onPointerUp=${up}
    onPointerCancel=${up}
    onClick=${(event) => (Drag.justDropped(event) ? null : click())}
  >
    <svg viewBox="-1 -1 38 20" aria-hidden="true"><path d=${pathOf(curveOf(source.look), 36, 18, 72)} /></svg>
    ${source.name}
  </button>`;
}

/** A modulator on its way from the list to a fader. */
class Drag {
  static dropped = -Infinity;

  /** Whether the click that the browser sends after a drag is meant, so that it is not taken for a tap. */
  static justDropped = (event) => event.timeStamp - Drag.dropped < 300;

  constructor(source, event) {
    Object.assign(this, { source, x: event.clientX, y: event.clientY, ghost: null, target: null });
  }

  move(event) {
    this.latest = event;
    if (!this.ghost) {
      if (Math.hypot(event.clientX - this.x, event.clientY - this.y) < DRAG_PX) return;
      this.ghost = document.createElement('div');
      this.ghost.className = 'mod-ghost';
      this.ghost.textContent = this.source.name;
      document.body.append(this.ghost);
      armed.set({ source: this.source, address: null });
      this.scroll();
    }
    this.ghost.style.transform = `translate(${event.clientX}px, ${event.clientY}px)`;
    this.aim(event);
  }

  aim({ clientX, clientY }) {
    const target = document.elementFromPoint(clientX, clientY)?.closest('[data-address]:not([data-kind="text"])') || null;
    if (target === this.target) return;
    this.target?.classList.remove('drop');
    target?.classList.add('drop');
    this.target = target;
  }

  /** Scrolls the list under the finger while it is near to its edge. */
  scroll = () => {
    if (!this.ghost) return;
    const { clientX, clientY } = this.latest;
    const list = document.elementFromPoint(clientX, clientY)?.closest('.scroll');
    if (list) {
      const { top, bottom } = list.getBoundingClientRect();
      if (clientY - top < EDGE_PX) list.scrollTop -= 8;
      if (bottom - clientY < EDGE_PX) list.scrollTop += 8;
      this.aim(this.latest);
    }
    requestAnimationFrame(this.scroll);
  };

  end(meant) {
    if (!this.ghost) return;
    Drag.dropped = this.latest.timeStamp;
    this.ghost.remove();
    this.ghost = null;
    this.target?.classList.remove('drop');
    disarm();
    if (meant && this.target) add(this.source, this.target.dataset.address);
  }
}

/** What lies over a control while a modulator waits for one. */
export function ModulateCover({ address, label }) {
  const { source } = armed.use();
  if (!source) return null;
  return html`<button class="cover modulate" aria-label=${`${source.name} moves ${label}`} onClick=${() => add(source, address)}>
    ${source.name}
  </button>`;
}

/** A list of all controls to put a modulator onto, where no faders are at hand. */
export function Targets() {
  const { source } = armed.use();
  const groups = pluginsFirst(useTopic('params') || []);
  return html`<${Roving} class=${`targets scroll ${source ? 'armed' : ''}`} role="toolbar" aria-label="controls" aria-orientation="vertical">
    ${groups.map(
      (group) => html`<section key=${group.owner}>
        <h3>${group.title}</h3>
        ${group.params
          .filter((param) => param.kind !== 'text')
          .map(
            (param) => html`<button
              key=${param.address}
              data-address=${param.address}
              title=${nameOf(param)}
              onClick=${() => (source ? add(source, param.address) : armed.set({ source: null, address: param.address }))}
            >
              ${nameOf(param)}
            </button>`,
          )}
      </section>`,
    )}
  </${Roving}>`;
}
