// A button for what cannot be taken back: the first press asks, the second one does it.

import { html, useEffect, useState } from './preact.js';

const PATIENCE_MS = 3000;

/** A button that does `onConfirm` on its second press within three seconds; `ask` stands on it meanwhile. */
export function ConfirmButton({ label, ask, name, onConfirm, disabled = false }) {
  const [asking, setAsking] = useState(false);
  useEffect(() => {
    if (!asking) return undefined;
    const timer = setTimeout(() => setAsking(false), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [asking]);

  const press = () => {
    if (asking) onConfirm();
    setAsking(!asking);
  };
  return html`<button type="button" class=${asking ? 'danger' : ''} disabled=${disabled}
    aria-label=${asking ? `${ask} Press again: ${name}` : name} onClick=${press}
    onBlur=${() => setAsking(false)}>${asking ? ask : label}</button>`;
}
