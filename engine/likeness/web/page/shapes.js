// Curves of modulators, as engine/likeness/parameters/lfo_shapes.py plays them; values in 0..1 by phase.

const smoothstep = (t) => t * t * (3 - 2 * t);

/** Returns a number in 0..1 for a cycle. The show draws others, by its seed: a picture of the kind, not of the run. */
function randomValue(index) {
  let z = Math.imul(index + 1, 0x9e3779b9);
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return ((z ^ (z >>> 16)) >>> 0) / 2 ** 32;
}

const part = (phase) => phase - Math.floor(phase);

/** The shapes of an LFO. */
export const SHAPES = {
  sine: (phase) => 0.5 + 0.5 * Math.sin(2 * Math.PI * phase),
  triangle: (phase) => 1 - Math.abs(((2 * phase + 0.5) % 2) - 1),
  saw: part,
  square: (phase) => (part(phase) < 0.5 ? 1 : 0),
  hold: (phase) => randomValue(Math.floor(phase)),
  smooth: (phase) => {
    const before = randomValue(Math.floor(phase));
    return before + (randomValue(Math.floor(phase) + 1) - before) * smoothstep(part(phase));
  },
};

// The random shapes need some cycles to be told apart.
const CYCLES = { hold: 6, smooth: 6 };

/** Returns the curve of a modulator from 0 to 1: some cycles of an LFO, one round of steps, rise and fall of audio. */
export function curveOf({ source, shape, phase, steps, attack, release }) {
  if (source === 'lfo') return (x) => SHAPES[shape](x * (CYCLES[shape] || 2) + (phase || 0));
  if (source === 'steps') return (x) => steps[Math.floor(x * steps.length * 0.9999)] ?? 0;
  // A third of the attack and of the release is a time constant; the curve shows a knock of two tenths of its width.
  const span = Math.max((attack + release) * 1.2, 0.05);
  const rise = source === 'onset' ? 0 : attack;
  return (x) => {
    const t = x * span;
    const up = (s) => (rise ? 1 - Math.exp((-3 * s) / rise) : 1);
    return t <= rise ? up(t) : up(rise) * Math.exp((-3 * (t - rise)) / Math.max(release, 0.001));
  };
}
