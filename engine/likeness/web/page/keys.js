// A place for the part `Keys`.

import { html } from './preact.js';

/** Draws nothing yet. */
export const Keys = () => html`<div class="keys"></div>`;
