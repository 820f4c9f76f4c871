// A place for the part `Toasts`.

import { html } from './preact.js';

/** Draws nothing yet. */
export const Toasts = () => html`<div class="toasts"></div>`;
