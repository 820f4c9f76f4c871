// Visitors: what the camera sees, whom the show has greeted, and the button that forgets them all.

import { html } from './preact.js';
import { send, useTopic } from './state.js';

const LOOKALIKE = 'lookalike';

/** The camera's state in words, and the buttons of the plugin lookalike. */
export function Visitors() {
  const camera = useTopic('camera');
  const audience = useTopic('audience');
  const owners = useTopic('params') ?? [];
  const present = owners.some((owner) => owner.owner === LOOKALIKE);
  const on = Boolean(camera?.on);
  const visitors = camera?.visitors ?? [];
  const press = (name) => () => send(`/${LOOKALIKE}/${name}`, 1);

  return html`<section class="panel visitors" aria-label="Visitors">
    <header class="panel-head">
      <h2>Visitors</h2>
      <span class="rack-state ${on ? (camera.live ? 'live' : 'warn') : ''}">${sayCamera(camera)}</span>
    </header>
    ${
      on &&
      html`<p class=${camera.mark ? '' : 'warn-words'}>${
        camera.mark
          ? 'The picture carries the mark that says a camera is on.'
          : 'The picture carries no mark that says a camera is on: put a sign at the door.'
      }</p>`
    }
    ${camera?.words && html`<p role="status">${camera.words}</p>`}
    ${
      present &&
      visitors.length > 0 &&
      html`<ol class="visitors-list" aria-label="Visitors">
      ${visitors.map(
        (visitor, place) => html`<li key=${place}>Visitor ${place + 1}: ${visitor.state}
        <span class="dim tabular">for ${Math.round(visitor.since)} s</span></li>`,
      )}
    </ol>`
    }
    ${audience?.on && html`<${Audience} ...${audience} />`}
    ${
      present
        ? html`<div class="visitors-buttons">
          <button type="button" onClick=${press('catch')} disabled=${!on}>Catch<small>take who is there now</small></button>
          <button type="button" onClick=${press('next')}>Next<small>lead this one back</small></button>
          <button type="button" class="forget" onClick=${press('forget')}>Forget all<small>every picture and face, at once</small></button>
        </div>`
        : html`<p class="dim">Visitors become part of the show with the plugin lookalike.</p>
          <button type="button" onClick=${() => send('/rack/add', LOOKALIKE)}>Add lookalike</button>`
    }
    ${!on && !audience?.on && html`<p class="dim">Start the show with --camera to let visitors in, or with --audience.</p>`}
  </section>`;
}

/** The audience's server: how many wait, and where its operator decides. That page has a secret link of its own. */
function Audience(audience) {
  return html`<p class=${audience.trouble ? 'warn-words' : ''} role="status">${
    audience.trouble
      ? `The audience's server: ${audience.trouble}.`
      : `Audience: ${audience.on_stage ? 'somebody is on the stage' : 'nobody is on the stage'}, ${audience.ready} ready for it, ${audience.waiting} waiting for the operator.`
  }</p>
  <p><a href=${audience.operator} target="_blank" rel="noreferrer">Open the operator's page</a></p>`;
}

function sayCamera(camera) {
  if (!camera?.on) return 'no camera';
  return camera.live ? 'camera is on' : 'camera gives no picture';
}
