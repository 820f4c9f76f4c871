// The generator: the weights that play, the swap to others, and directions by their names.

import { Control } from './control.js';
import { html } from './preact.js';
import { Roving } from './roving.js';
import { SecondsField, useSeconds } from './seconds.js';
import { send, setParam, useTopic, useValue } from './state.js';

// A swap goes through these, in this order.
const STEPS = ['opening', 'warming up', 'waiting for the rack'];
const SWEEP = 'direction_sweep';

/** The weights and the directions that go with them. */
export function Generator() {
  const generator = useTopic('generator');
  const [seconds, setSeconds] = useSeconds('generator', 2);
  if (!generator) return html`<section class="panel generator" aria-label="Generator"></section>`;
  const { weights, resolution, loading, error, available = [], directions = [] } = generator;

  return html`<section class="panel generator" aria-label="Generator">
    <header class="panel-head">
      <h2>Generator</h2>
      <${SecondsField} label="Fade over" value=${seconds} onChange=${setSeconds} />
    </header>
    <p class="generator-plays"><strong>${weights}</strong> plays <span class="dim">${resolution} x ${resolution} px</span></p>
    ${loading && html`<${Progress} loading=${loading} plays=${weights} />`}
    ${error && !loading && html`<div class="rack-error" role="alert"><p><strong>${error}</strong></p><p>${weights} plays on.</p></div>`}
    <${Roving} tag="ul" class="name-list" aria-label="Weights">
      ${available.map(
        (name) => html`<li key=${name}><button type="button" class=${name === weights ? 'on' : ''} data-weights=${name}
        aria-current=${name === weights ? 'true' : 'false'} aria-label="Change to weights ${name}" title=${name} disabled=${loading?.weights === name}
        onClick=${() => send('/generator/load', name, seconds)}>${name}</button></li>`,
      )}
    </${Roving}>
    <${Directions} names=${directions} weights=${weights} />
  </section>`;
}

/** The steps of a swap, the one that is under way lit. */
function Progress({ loading, plays }) {
  const at = STEPS.indexOf(loading.step);
  return html`<div class="generator-progress" role="status">
    <p>${loading.weights} comes: ${loading.step}. ${plays} plays meanwhile.</p>
    <ol>${STEPS.map(
      (step, index) => html`<li key=${step} class=${index < at ? 'done' : index === at ? 'now' : ''}
      aria-current=${index === at ? 'step' : 'false'}>${step}</li>`,
    )}</ol>
  </div>`;
}

/** One button for each named direction, and a fader that says how far. They are played by the plugin direction_sweep. */
function Directions({ names, weights }) {
  const owners = useTopic('params') ?? [];
  const sweep = owners.find((owner) => owner.owner === SWEEP);
  const file = useValue(`${SWEEP}.file`);
  const mode = useValue(`${SWEEP}.mode`);
  const bypass = useValue(`${SWEEP}.bypass`);
  if (names.length === 0) return html`<p class="dim">No named directions go with ${weights}.</p>`;
  if (!sweep) {
    return html`<div class="directions"><h3>Directions</h3>
      <p>${names.slice(0, 8).join(', ')}${names.length > 8 ? ' and more' : ''}: the plugin direction sweep plays them.</p>
      <button type="button" onClick=${() => send('/rack/add', SWEEP)}>Add direction sweep</button></div>`;
  }
  const choose = (name) => {
    setParam(`${SWEEP}.file`, name);
    if (name && mode?.target !== 'hand') setParam(`${SWEEP}.mode`, 'hand');
    if (name && bypass?.target) setParam(`${SWEEP}.bypass`, false);
  };
  const chosen = file?.target ?? '';
  const amount = sweep.params.find((param) => param.name === 'amount');
  return html`<div class="directions">
    <h3>Directions</h3>
    <${Roving} tag="ul" class="name-list" aria-label="Directions">
      <li><button type="button" class=${chosen === '' ? 'on' : ''} aria-pressed=${chosen === '' ? 'true' : 'false'}
        aria-label="none of the named directions" onClick=${() => choose('')}>none</button></li>
      ${names.map(
        (name) => html`<li key=${name}><button type="button" class=${chosen === name ? 'on' : ''} data-direction=${name}
        aria-pressed=${chosen === name ? 'true' : 'false'} aria-label="Direction ${name}" title=${name} onClick=${() => choose(name)}>${name}</button></li>`,
      )}
    </${Roving}>
    ${amount && html`<${Control} key=${amount.address} param=${amount} title=${sweep.title} />`}
  </div>`;
}
