// A place for the part `Tour`.

import { html } from './preact.js';

/** Draws nothing yet. */
export const Tour = () => html`<div class="tour"></div>`;
