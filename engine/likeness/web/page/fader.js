// The fader of one parameter: what was set, what is now, who holds it, how far its knob has to go.

import { html, useCallback, useEffect, useLayoutEffect, useRef } from './preact.js';
import { Slider } from './slider.js';
import { hold, setParam, subscribe, useValue } from './state.js';

/** Calls `write({target, shown, held})` whenever one of them changes; draws nothing itself, so that is cheap. */
export function Live({ address, write }) {
  const live = useValue(address);
  useLayoutEffect(() => write(live));
  return null;
}

/** Calls `write(gap, way)` with how far a knob in soft takeover has still to go, in fader units, and to which side. */
export function useGap(address, write) {
  const follow = (midi) => {
    const gap = midi?.gaps?.[address] || 0;
    const knobs = midi?.bindings?.[address] ?? [];
    const inverted = knobs.length === 1 && knobs[0].invert;
    write(gap, gap > 0 !== Boolean(inverted) ? 'up' : 'down');
  };
  useEffect(() => subscribe('midi', follow), [address]);
}

/** The OSC address of a parameter: `/owner/name`. */
export const oscAddress = (address) => `/${address.replace('.', '/')}`;

/** The fader of a float or an int. */
export function Fader({ param, label, onRefuse }) {
  const view = useRef(null);
  const { address } = param;
  const write = useCallback(({ target, shown, held }) => {
    if (target !== undefined) view.current.show(target, shown, held);
  }, []);
  useGap(address, (gap, way) => view.current?.showGap(gap, way));
  return html`<${Slider}
      param=${param}
      label=${label}
      view=${view}
      onSet=${(value) => setParam(address, value)}
      onHold=${(on) => hold(address, on, view.current.lose)}
      onRefuse=${onRefuse}
    /><${Live} address=${address} write=${write} />`;
}
