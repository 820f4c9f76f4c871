// A place for the part `Generator`.

import { html } from './preact.js';

/** Draws nothing yet. */
export const Generator = () => html`<section class="panel"></section>`;
