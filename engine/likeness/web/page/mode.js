// Modes of this page alone, such as learning: values that several parts read and that the show does not know.

import { useEffect, useState } from './preact.js';
import { send, subscribe } from './state.js';

/** Returns a mode with `get`, `set` and the hook `use`. */
export function makeMode(initial) {
  let value = initial;
  const listeners = new Set();
  return {
    get: () => value,
    set(next) {
      value = next;
      for (const listener of [...listeners]) listener(next);
    },
    use() {
      const [now, setNow] = useState(value);
      useEffect(() => {
        listeners.add(setNow);
        setNow(value);
        return () => listeners.delete(setNow);
      }, []);
      return now;
    },
  };
}

/** Returns `select(topic)`, and draws the component anew only when that part of the topic changes. */
export function useSelected(topic, select, key) {
  const [part, setPart] = useState(null);
  useEffect(() => {
    const follow = (whole) => {
      const next = select(whole);
      setPart((before) => (JSON.stringify(before) === JSON.stringify(next) ? before : next));
    };
    return subscribe(topic, follow);
  }, [topic, key]);
  return part;
}

/** Returns the owners of parameters with the plugins first, in rack order: a performer wants the face's faders. */
export const pluginsFirst = (groups) => [
  ...groups.filter((group) => group.plugin),
  ...groups.filter((group) => !group.plugin),
];

// Which control a command was for, so that its refusal is shown there.
const lastFor = new Map();

/** Sends a command that is about a parameter; what the show refuses is then shown at its control. */
export function sendFor(address, command, ...args) {
  lastFor.set(command, address);
  send(command, ...args);
}

/** Returns whether a refusal of `command` is about the parameter. */
export const isAbout = (command, address) => lastFor.get(command) === address;
