// One line of the page's faders: name, the control, its tags, the last refusal, and what opens under its name.

import { Component, html, useEffect, useState } from './preact.js';
import { BindingEditor } from './binding.js';
import { Choice, Switch, TextBox, TriggerPad } from './choice.js';
import { Fader, oscAddress } from './fader.js';
import { LearnCover, startLearning, useBindings } from './learn.js';
import { isAbout, useSelected } from './mode.js';
import { ModulatorCard } from './modulator.js';
import { nameOf, spoken } from './number.js';
import { askFor, ModulateCover } from './palette.js';
import { setParam, subscribe } from './state.js';

const REFUSAL_MS = 6000;
const KINDS = { float: Fader, int: Fader, choice: Choice, bool: Switch, trigger: TriggerPad, text: TextBox };

/** Returns a refusal in words for some seconds: what the show answered to this control, or what it refused itself. */
function useRefusal(address) {
  const [words, setWords] = useState(null);
  useEffect(
    () =>
      subscribe('error', (error) => {
        if (error?.[0] === oscAddress(address) || isAbout(error?.[0], address)) setWords(error[1]);
      }),
    [address],
  );
  useEffect(() => {
    if (!words) return undefined;
    const timer = setTimeout(() => setWords(null), REFUSAL_MS);
    return () => clearTimeout(timer);
  }, [words]);
  return [words, setWords];
}

const NONE = [];

/** Returns the modulators of a parameter, each with its place. */
const useModulators = (address) =>
  useSelected('modulation', (all) => (all || NONE).filter((each) => each.param === address), address) || NONE;

/** The small words under a name: which modulators move it, which knobs play it. */
function Tags({ address }) {
  const modulators = useModulators(address);
  const bindings = useBindings(address);
  if (!modulators.length && !bindings.length) return null;
  return html`<small class="tags">
    ${modulators.map((each) => html`<span class="tag mod">${modulatorName(each)}</span>`)}
    ${bindings.map((each) => html`<span class="tag">${each.control}</span>`)}
  </small>`;
}

const modulatorName = ({ source, shape, band, signal }) =>
  `~ ${{ lfo: shape, steps: 'steps', onset: `onset ${band}`, signal }[source] || band}`;

function Facts({ param }) {
  const range =
    param.kind === 'float' || param.kind === 'int'
      ? `${spoken({ ...param, unit: '' }, param.min)} to ${spoken(param, param.max)}, default ${spoken(param, param.default)}`
      : param.kind === 'trigger' || param.default === ''
        ? ''
        : `default ${param.kind === 'bool' ? (param.default ? 'on' : 'off') : param.default}`;
  return html`<p class="facts"><code>${oscAddress(param.address)}</code> ${range}</p>`;
}

/** What opens under a name: help, the default, learning and modulating this control. */
function Details({ param }) {
  const modulators = useModulators(param.address);
  const bindings = useBindings(param.address);
  const movable = param.kind !== 'text';
  return html`<div class="details">
    ${param.help ? html`<p>${param.help}</p>` : null}
    <${Facts} param=${param} />
    <div class="buttons">
      ${param.kind === 'trigger'
        ? null
        : html`<button onClick=${() => setParam(param.address, param.default)}>default</button>`}
      ${movable ? html`<button onClick=${() => startLearning(param.address)}>learn a knob</button>` : null}
      ${movable ? html`<button onClick=${() => askFor(param.address)}>modulate</button>` : null}
    </div>
    ${bindings.map((each, i) => html`<${BindingEditor} key=${`b${i}`} param=${param} binding=${each} />`)}
    ${modulators.map((each) => html`<${ModulatorCard} key=${`m${each.place}`} modulator=${each} />`)}
  </div>`;
}

function Row({ param, title }) {
  const [open, setOpen] = useState(false);
  const [refusal, refuse] = useRefusal(param.address);
  const Body = KINDS[param.kind] || TextBox;
  const name = nameOf(param);
  const label = `${title} ${name}`;
  return html`<div class=${`control ${open ? 'open' : ''}`} data-address=${param.address} data-kind=${param.kind}>
    <button class="name" aria-expanded=${open} aria-label=${`about ${label}`} onClick=${() => setOpen(!open)}>
      <span title=${name}>${name}</span><${Tags} address=${param.address} />
    </button>
    <${Body} param=${param} label=${label} onRefuse=${refuse} />
    ${param.kind === 'text'
      ? null
      : html`<${LearnCover} address=${param.address} label=${label} /><${ModulateCover} address=${param.address} label=${label} />`}
    ${refusal ? html`<p class="refusal" role="alert">${refusal}</p>` : null}
    ${open ? html`<${Details} param=${param} />` : null}
  </div>`;
}

/** One control with its name. Drawn anew only where its declaration changes; values are written by its parts. */
export class Control extends Component {
  shouldComponentUpdate(next) {
    return next.param !== this.props.param && JSON.stringify(next.param) !== JSON.stringify(this.props.param);
  }

  render({ param, title }) {
    return html`<${Row} param=${param} title=${title} />`;
  }
}
