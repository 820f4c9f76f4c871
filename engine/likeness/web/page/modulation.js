// The tab of modulators: the list to choose from, the controls to put them onto, and all that play.

import { html } from './preact.js';
import { ModulatorCard } from './modulator.js';
import { Sources, Targets } from './palette.js';
import { send, useTopic } from './state.js';

/** All modulators of the show. */
export function Modulation() {
  const modulators = useTopic('modulation') || [];
  const name = (address) => address.replace('.', ' · ').replaceAll('_', ' ');
  return html`<section class="modulation" aria-label="modulation">
    <${Sources} />
    <div class="columns">
      <${Targets} />
      <div class="scroll cards">
        ${modulators.length
          ? modulators.map(
              (each) => html`<${ModulatorCard} key=${`${each.param} ${each.place}`} modulator=${each} title=${name(each.param)} />`,
            )
          : html`<p class="empty">Nothing moves by itself yet.</p>`}
        ${modulators.length > 1
          ? html`<button class="danger" onClick=${() => send('/mod/clear', 1)}>remove all ${modulators.length}</button>`
          : null}
      </div>
    </div>
  </section>`;
}
