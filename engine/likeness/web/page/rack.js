// A place for the part `Rack`.

import { html } from './preact.js';

/** Draws nothing yet. */
export const Rack = () => html`<section class="panel"></section>`;
