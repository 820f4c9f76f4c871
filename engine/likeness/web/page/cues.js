// A place for the part `Cues`.

import { html } from './preact.js';

/** Draws nothing yet. */
export const Cues = () => html`<div class="cues"></div>`;
