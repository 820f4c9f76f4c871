// The editor of one modulator: amount, rate, shape with its curve, steps, attack and release.

import { html, useRef } from './preact.js';
import { Buttons, Field, pathOf } from './binding.js';
import { sendFor, useSelected } from './mode.js';
import { clamp } from './number.js';
import { curveOf, SHAPES } from './shapes.js';
import { Slider } from './slider.js';

const number = (min, max, initial, unit = '', warp = 'lin') => ({ kind: 'float', min, max, default: initial, unit, warp });
const AMOUNT = number(-1, 1, 0.25);
const RATE = number(0.01, 60, 0.5, 'Hz', 'exp');
const BEATS = number(0.0625, 256, 4, 'beats', 'exp');
const PHASE = number(0, 1, 0);
const ATTACK = number(0.001, 60, 0.01, 's', 'exp');
const RELEASE = number(0.001, 60, 0.3, 's', 'exp');
const SHORT_BEATS = [['0.25', '¼'], ['0.5', '½'], ...['1', '2', '4', '8', '16'].map((n) => [n, n])];
const BANDS = ['level', 'low', 'mid', 'high', ...'01234567'].map((band) => [band, band]);
const SOURCES = { lfo: 'LFO', steps: 'steps', audio: 'audio', onset: 'onset', signal: 'signal' };
const MOST_STEPS = 64;
const DEFAULT_HZ = 0.5;

const isBipolar = ({ polarity, source }) => (polarity ? polarity === 'bipolar' : source === 'lfo');

/** The curve of a modulator as it moves the fader: the line in the middle is the fader's own value. */
function Curve({ modulator }) {
  const curve = curveOf(modulator);
  const bipolar = isBipolar(modulator);
  const moved = (x) => {
    const value = curve(x);
    return 0.5 + 0.5 * modulator.amount * (bipolar ? 2 * value - 1 : value);
  };
  return html`<svg class="curve wide" viewBox="-1 -1 162 50" preserveAspectRatio="none" aria-hidden="true">
    <line x1="0" x2="160" y1="24" y2="24" />
    <path d=${pathOf(moved, 160, 48, 160)} />
  </svg>`;
}

/** How loud the band is now. */
function Loudness({ band }) {
  const PARTS = { low: [0, 2], mid: [2, 5], high: [5, 8] };
  const share = useSelected(
    'audio',
    (audio) => {
      if (!audio?.on) return null;
      const [first, last] = PARTS[band] || [Number(band), Number(band) + 1];
      return band === 'level' ? audio.level : Math.max(...audio.bands.slice(first, last));
    },
    band,
  );
  if (share === null) return html`<small class="off">audio is off</small>`;
  return html`<span class="meter" aria-hidden="true"><i style=${{ transform: `scaleX(${clamp(share)})` }}></i></span>`;
}

/** Bars of a row of steps; a finger draws across them. */
function Steps({ steps, onSet }) {
  const box = useRef(null);
  const now = useRef(steps);
  const finger = useRef(null);
  if (finger.current === null) now.current = steps;
  const draw = (event) => {
    const { left, top, width, height } = box.current.getBoundingClientRect();
    const at = Math.floor(clamp((event.clientX - left) / width) * now.current.length * 0.9999);
    const value = Math.round(clamp(1 - (event.clientY - top) / height) * 100) / 100;
    if (now.current[at] === value) return;
    now.current = now.current.map((step, i) => (i === at ? value : step));
    onSet(now.current);
  };
  const down = (event) => {
    box.current.setPointerCapture(event.pointerId);
    finger.current = event.pointerId;
    draw(event);
  };
  const key = (event, i) => {
    const way = { ArrowUp: 0.05, ArrowDown: -0.05, ArrowRight: 0.05, ArrowLeft: -0.05 }[event.key];
    if (!way) return;
    event.preventDefault();
    event.stopPropagation();
    onSet(steps.map((step, at) => (at === i ? Math.round(clamp(step + way) * 100) / 100 : step)));
  };
  return html`<div class="steps">
    <div
      class="bars"
      ref=${box}
      onPointerDown=${down}
      onPointerMove=${(event) => event.pointerId === finger.current && draw(event)}
      onPointerUp=${() => (finger.current = null)}
      onPointerCancel=${() => (finger.current = null)}
    >
      ${steps.map(
        (step, i) => html`<span
          key=${i}
          role="slider"
          tabindex="0"
          aria-label=${`step ${i + 1}`}
          aria-valuemin="0"
          aria-valuemax="1"
          aria-valuenow=${step}
          onKeyDown=${(event) => key(event, i)}
          ><i style=${{ transform: `scaleY(${step})` }}></i
        ></span>`,
      )}
    </div>
    <button aria-label="one step less" disabled=${steps.length < 2} onClick=${() => onSet(steps.slice(0, -1))}>−</button>
    <button aria-label="one step more" disabled=${steps.length >= MOST_STEPS} onClick=${() => onSet([...steps, 0])}>+</button>
  </div>`;
}

/** How fast: in beats, or in cycles a second. */
function Rate({ modulator, change }) {
  const { rate, beats } = modulator;
  const free = rate !== null && rate !== undefined;
  return html`<${Field} wide name=${modulator.source === 'steps' ? 'a step in' : 'a cycle in'}>
      <${Buttons}
        label="counts in"
        value=${free ? 'Hz' : 'beats'}
        options=${{ beats: 'beats', Hz: 'Hz' }}
        onPick=${(key) => (key === 'Hz' ? change('rate', rate || DEFAULT_HZ) : change('beats', beats))}
      />
      ${free ? null : html`<${Buttons} label="beats" value=${String(beats)} options=${SHORT_BEATS} onPick=${(key) => change('beats', Number(key))} />`}
    <//>
    <${Field} name=${free ? 'rate' : 'beats'}>
      ${free
        ? html`<${Slider} key="rate" param=${RATE} label="rate" value=${rate} onSet=${(value) => change('rate', value)} />`
        : html`<${Slider} key="beats" param=${BEATS} label="beats" value=${beats} onSet=${(value) => change('beats', value)} />`}
    <//>`;
}

/** The editor of one modulator of a parameter. */
export function ModulatorCard({ modulator, title }) {
  const { param, place, source } = modulator;
  const change = (key, value) => sendFor(param, '/mod/set', param, place, key, value);
  const slide = (key, spec, name = key) => html`<${Field} name=${name}>
    <${Slider} param=${spec} label=${name} value=${modulator[key]} onSet=${(value) => change(key, value)} />
  <//>`;
  const heard = source === 'audio' || source === 'onset';
  const shapes = Object.fromEntries(
    Object.keys(SHAPES).map((shape) => [
      shape,
      html`<svg viewBox="-1 -1 38 20" aria-hidden="true"><path d=${pathOf(curveOf({ source: 'lfo', shape, phase: 0 }), 36, 18, 72)} /></svg>`,
    ]),
  );
  return html`<div class="editor modulator" role="group" aria-label=${`${source} on ${param}`}>
    <header>
      <b>${SOURCES[source]}</b> <span>${source === 'signal' ? modulator.signal : title || ''}</span>
      ${heard ? html`<${Loudness} band=${modulator.band} />` : null}
      <button class="danger" onClick=${() => sendFor(param, '/mod/remove', param, place)}>remove</button>
    </header>
    <${Curve} modulator=${modulator} />
    ${slide('amount', AMOUNT)}
    ${source === 'lfo' ? html`<${Field} wide name="shape"><${Buttons} label="shape" value=${modulator.shape} options=${shapes} onPick=${(key) => change('shape', key)} /><//>` : null}
    ${source === 'steps' ? html`<${Steps} steps=${modulator.steps} onSet=${(steps) => change('steps', steps.join(' '))} />` : null}
    ${heard ? html`<${Field} wide name="band"><${Buttons} label="band" value=${modulator.band} options=${BANDS} onPick=${(key) => change('band', key)} /><//>` : null}
    ${source === 'lfo' || source === 'steps' ? html`<${Rate} modulator=${modulator} change=${change} />` : null}
    ${source === 'lfo' || source === 'steps' ? slide('phase', PHASE) : null}
    ${source === 'audio' || source === 'signal' ? slide('attack', ATTACK) : null}
    ${heard || source === 'signal' ? slide('release', RELEASE) : null}
    <${Field} name="goes">
      <${Buttons}
        label="polarity"
        value=${isBipolar(modulator) ? 'bipolar' : 'unipolar'}
        options=${{ bipolar: 'both ways', unipolar: 'one way' }}
        onPick=${(key) => change('polarity', key)}
      />
    <//>
  </div>`;
}
