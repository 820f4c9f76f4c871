// A place for the part `Visitors`.

import { html } from './preact.js';

/** Draws nothing yet. */
export const Visitors = () => html`<section class="panel"></section>`;
