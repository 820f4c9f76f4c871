// A place for the part `Presets`.

import { html } from './preact.js';

/** Draws nothing yet. */
export const Presets = () => html`<section class="panel"></section>`;
