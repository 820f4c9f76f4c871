// What the page knows of the show: topics by name, values by address; and what it sends.

import { useEffect, useState } from './preact.js';

// A value that this page has set is not moved by the show's answer for this long, and for twice the way there and back.
const OWN_MS = 200;
// Topics of which only the keys that changed are told.
const KEYED = ['values', 'shown', 'held'];
// Topics that are told once and are over then: whoever listens later is not told of the last one.
const EVENTS = new Set(['error', 'answer', 'pong']);
const MOST_LOG_LINES = 400;

const topics = new Map();
const listeners = new Map();
const keyed = Object.fromEntries(KEYED.map((topic) => [topic, new Map()]));
const valueListeners = new Map();
// By address: what this page has set, until when that counts, and whose finger is on it: what to call when it loses it.
const own = new Map();
const outgoing = new Map();
let unnamed = 0;
let fresh = false;
let deliver = () => {};
let travelMs = 0;

// Reading.

/** Returns a topic as it was told last; undefined before that. */
export const get = (topic) => (keyed[topic] ? Object.fromEntries(keyed[topic]) : topics.get(topic));

/** Calls `listener(value)` now, where the topic is known, and at each change; returns a function that ends it. */
export function subscribe(topic, listener) {
  if (!listeners.has(topic)) listeners.set(topic, new Set());
  listeners.get(topic).add(listener);
  if (!EVENTS.has(topic) && topics.has(topic)) listener(topics.get(topic));
  return () => listeners.get(topic).delete(listener);
}

/** Returns a topic, and draws the component anew when it changes. */
export function useTopic(topic) {
  const [value, setValue] = useState(topics.get(topic));
  useEffect(() => {
    setValue(topics.get(topic));
    return subscribe(topic, setValue);
  }, [topic]);
  return value;
}

function readValue(address) {
  const mine = own.get(address);
  const target = mine ? mine.value : keyed.values.get(address);
  const shown = keyed.shown.get(address);
  return { target, shown: shown === undefined ? target : shown, held: keyed.held.get(address) ?? null };
}

/** Returns `{target, shown, held}` of a parameter, and draws the component anew when one of them changes. */
export function useValue(address) {
  const [value, setValue] = useState(() => readValue(address));
  useEffect(() => {
    setValue(readValue(address));
    return subscribeValue(address, setValue);
  }, [address]);
  return value;
}

/** Calls `listener({target, shown, held})` at each change of a parameter; returns a function that ends it. */
export function subscribeValue(address, listener) {
  if (!valueListeners.has(address)) valueListeners.set(address, new Set());
  valueListeners.get(address).add(listener);
  return () => valueListeners.get(address).delete(listener);
}

/** Returns a parameter's target now. */
export const targetOf = (address) => readValue(address).target;

function tell(topic, value) {
  for (const listener of [...(listeners.get(topic) ?? [])]) listener(value);
}

function tellValue(address) {
  const found = valueListeners.get(address);
  if (!found?.size) return;
  const value = readValue(address);
  for (const listener of [...found]) listener(value);
}

/** Sets a topic of this page's own, such as the connection. */
export function put(topic, value) {
  topics.set(topic, value);
  tell(topic, value);
}

// Receiving.

/** Takes what the show has sent: topics by name. */
export function receive(message) {
  if ('hello' in message) begin();
  if (fresh && 'values' in message) dropUntold(message);
  for (const [topic, value] of Object.entries(message)) {
    if (keyed[topic]) merge(topic, value);
    else if (topic === 'log') put('log', [...(topics.get('log') ?? []), ...value].slice(-MOST_LOG_LINES));
    else if (EVENTS.has(topic)) {
      topics.set(topic, value);
      tell(topic, value);
    } else put(topic, value);
  }
}

/** Everything comes whole after a greeting; what only moves is forgotten at once, the rest when that has come. */
function begin() {
  fresh = true;
  topics.delete('log');
  for (const topic of ['shown', 'held']) {
    const gone = [...keyed[topic].keys()];
    keyed[topic].clear();
    gone.forEach(tellValue);
  }
}

/** Forgets what the show that is connected now does not tell, such as a parameter of a plugin that it has not got. */
function dropUntold(message) {
  fresh = false;
  for (const address of [...keyed.values.keys()]) {
    if (address in message.values) continue;
    keyed.values.delete(address);
    tellValue(address);
  }
  const kept = new Set(['hello', 'link', 'connection', 'log', ...EVENTS, ...Object.keys(message)]);
  for (const topic of [...topics.keys()]) if (!kept.has(topic) && !topic.startsWith('page.')) put(topic, undefined);
}

function merge(topic, changed) {
  const values = keyed[topic];
  for (const [address, value] of Object.entries(changed)) {
    if (value === null) values.delete(address);
    else values.set(address, value);
    if (topic === 'held' && value !== null) loseHold(address);
    tellValue(address);
  }
}

/** Notes how long a message takes to the show and back, in ms. */
export function noteTravel(ms) {
  travelMs = ms;
}

// Sending.

/** Has `send` hand its messages to `fn`, which is called when there is something to take. */
export function deliverBy(fn) {
  deliver = fn;
}

/** Returns what waits to be sent, as a list of `[address, ...args]`, and forgets it. */
export function takeOutgoing() {
  const messages = [...outgoing.values()];
  outgoing.clear();
  return messages;
}

/** Returns why this page may not play now, in words; null where it may. */
export function whyNot() {
  if (topics.get('connection')?.state !== 'open') return 'The show is gone; the page is trying again.';
  if (topics.get('hello')?.role === 'view') return 'This page may look and not play.';
  return null;
}

/** Sends a message, such as `send('/cue/recall', 5)`; returns whether this page may. */
export function send(address, ...args) {
  return queue(`${address} ${(unnamed += 1)}`, address, args);
}

/** Sets a parameter; of several values within a frame only the newest is sent. */
export function setParam(address, value) {
  if (!queue(address, `/${address.replace('.', '/')}`, [value])) return;
  const before = own.get(address);
  clearTimeout(before?.timer);
  own.set(address, { value, grip: before?.grip ?? null, timer: before?.grip ? 0 : expire(address) });
  tellValue(address);
}

function queue(key, address, args) {
  const refused = address.startsWith('/desk/') ? null : whyNot();
  if (refused) {
    put('page.refusal', refused);
    return false;
  }
  // The newest goes last: what a hand did in between was done before it.
  outgoing.delete(key);
  outgoing.set(key, [address, ...args]);
  deliver();
  return true;
}

const expire = (address) =>
  setTimeout(() => {
    own.delete(address);
    tellValue(address);
  }, OWN_MS + 2 * travelMs);

const nobody = () => {};

/**
 * Says that a finger is on a parameter's control, or has left it; under a finger nothing is moved by an answer.
 * Who takes it last holds it: `lost` is called when another control of this page, or another desk, takes it.
 */
export function hold(address, on, lost = nobody) {
  const mine = own.get(address) ?? { value: keyed.values.get(address), grip: null, timer: 0 };
  if (!on && mine.grip !== lost) return;
  if (on && mine.grip && mine.grip !== lost) mine.grip();
  clearTimeout(mine.timer);
  mine.grip = on ? lost : null;
  mine.timer = on ? 0 : expire(address);
  own.set(address, mine);
  send('/desk/hold', address, on ? 1 : 0);
}

/** Lets another desk have a control: from now on its value is the show's, also under this page's finger. */
function loseHold(address) {
  const grip = own.get(address)?.grip;
  if (!grip) return;
  own.delete(address);
  grip();
  send('/desk/hold', address, 0);
}
