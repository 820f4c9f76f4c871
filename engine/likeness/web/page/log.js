// A place for the part `Log`.

import { html } from './preact.js';

/** Draws nothing yet. */
export const Log = () => html`<section class="panel"></section>`;
