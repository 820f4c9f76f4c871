// A place for the part `Top`.

import { html } from './preact.js';

/** Draws nothing yet. */
export const Top = () => html`<div class="top"></div>`;
