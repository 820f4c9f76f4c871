// The editor of one MIDI binding: range, inversion, curve, takeover, press, unlearn.

import { html } from './preact.js';
import { sendFor } from './mode.js';
import { fromUnit, spoken } from './number.js';
import { Roving } from './roving.js';
import { Slider } from './slider.js';

const SHARE = { kind: 'float', min: 0, max: 1, unit: '' };
const CURVE = { kind: 'float', min: 0.1, max: 10, warp: 'exp', unit: '', default: 1 };
const TAKEOVERS = { show: "the show's", soft: 'soft', scale: 'scale', jump: 'jump' };
// `min` stays below `max`, as the show demands.
const LEAST_RANGE = 0.01;

/** Returns an SVG path of `f` from 0 to 1, in a box of `width` by `height`. */
export function pathOf(f, width, height, points = 48) {
  const spots = Array.from({ length: points + 1 }, (_, i) => {
    const x = i / points;
    return `${(x * width).toFixed(1)} ${((1 - f(x)) * height).toFixed(1)}`;
  });
  return `M${spots.join('L')}`;
}

/** A row of buttons of which one is on: `options` are words by value, or pairs where their order matters. */
export function Buttons({ label, value, options, onPick }) {
  return html`<${Roving} tag="span" follow class="words" role="radiogroup" aria-label=${label}>
    ${(Array.isArray(options) ? options : Object.entries(options)).map(
      ([key, word]) => html`<button
        key=${key}
        role="radio"
        aria-checked=${key === value}
        aria-label=${typeof word === 'string' ? word : key}
        class=${key === value ? 'on' : ''}
        onClick=${() => onPick(key)}
      >
        ${word}
      </button>`,
    )}
  </${Roving}>`;
}

/** A labelled line of an editor. */
export const Field = ({ name, wide, children }) => html`<div class=${wide ? 'field wide' : 'field'}><span>${name}</span>${children}</div>`;

/** The editor of one binding of a parameter. */
export function BindingEditor({ param, binding }) {
  const { controller, control } = binding;
  const change = (key, value) => sendFor(param.address, '/midi/change', param.address, controller, key, value);
  const curve = (x) => {
    const u = (binding.invert ? 1 - x : x) ** binding.curve;
    return binding.min + (binding.max - binding.min) * u;
  };
  const isNumber = param.kind === 'float' || param.kind === 'int';
  const end = (u) => (isNumber ? spoken(param, fromUnit(param, u)) : '');
  return html`<div class="editor" role="group" aria-label=${`${control} of ${controller}`}>
    <header>
      <svg viewBox="-2 -2 64 44" class="curve" aria-hidden="true"><path d=${pathOf(curve, 60, 40)} /></svg>
      <b>${control}</b> <span>${controller}${binding.relative ? ', endless' : ''}</span>
      <small>${binding.from === 'file' ? "from the controller's file" : ''}</small>
      <button class="danger" onClick=${() => sendFor(param.address, '/midi/unbind', param.address, controller)}>unlearn</button>
    </header>
    ${isNumber || param.kind === 'choice'
      ? html`<${Field} name=${`from ${end(binding.min)}`}>
            <${Slider}
              param=${{ ...SHARE, default: 0 }}
              label="bottom of the knob"
              value=${binding.min}
              onSet=${(value) => change('min', Math.min(value, binding.max - LEAST_RANGE))}
            />
          <//>
          <${Field} name=${`to ${end(binding.max)}`}>
            <${Slider}
              param=${{ ...SHARE, default: 1 }}
              label="top of the knob"
              value=${binding.max}
              onSet=${(value) => change('max', Math.max(value, binding.min + LEAST_RANGE))}
            />
          <//>
          <${Field} name="curve">
            <${Slider} param=${CURVE} label="curve" value=${binding.curve} onSet=${(value) => change('curve', value)} />
          <//>
          <${Field} name="takeover">
            <${Buttons}
              label="takeover"
              value=${binding.takeover || 'show'}
              options=${TAKEOVERS}
              onPick=${(key) => change('takeover', key)}
            />
          <//>`
      : html`<${Field} name="press">
          <${Buttons}
            label="press"
            value=${binding.press}
            options=${{ auto: 'auto', toggle: 'toggle', hold: 'hold' }}
            onPick=${(key) => change('press', key)}
          />
        <//>`}
    <${Field} name="inverted">
      <button
        class=${`switch ${binding.invert ? 'on' : ''}`}
        role="switch"
        aria-checked=${binding.invert}
        aria-label="inverted"
        onClick=${() => change('invert', !binding.invert)}
      >
        <i></i>${binding.invert ? 'on' : 'off'}
      </button>
    <//>
  </div>`;
}
