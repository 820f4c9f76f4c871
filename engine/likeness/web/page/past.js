// A place for the part `Past`.

import { html } from './preact.js';

/** Draws nothing yet. */
export const Past = () => html`<div class="past"></div>`;
