// The socket to the show: connects, connects again by itself, sends once a frame, hands topics to state.js.

import { deliverBy, noteTravel, put, receive, send, subscribe, takeOutgoing } from './state.js';

// The last one leaves time to be back within a second.
const AGAIN_MS = [200, 500, 800];
// The show's numbers come five times a second, so silence means that it is gone, or that this machine slept.
const SILENCE_MS = 4000;
const SILENCE_AFTER_SLEEP_MS = 1000;
const LOOK_MS = 250;
const PING_MS = 2000;

let socket = null;
let tries = 0;
let again = 0;
let heardAt = 0;
let due = false;
let loadedWith = null;
let goneSince = 0;
let onPicture = () => {};

/** Connects, and stays connected. */
export function connect() {
  deliverBy(sendSoon);
  subscribe('hello', reloadIfOutdated);
  subscribe('pong', (sentAt) => noteTravel(Math.min(performance.now() - sentAt, 1000)));
  setInterval(look, LOOK_MS);
  setInterval(() => socket?.readyState === WebSocket.OPEN && send('/desk/ping', performance.now()), PING_MS);
  for (const event of ['pageshow', 'online', 'focus']) addEventListener(event, lookAfterSleep);
  document.addEventListener('visibilitychange', lookAfterSleep);
  open();
}

/** Has preview pictures handed to `fn(number, blob)`. */
export function takePictures(fn) {
  onPicture = fn;
}

function open() {
  clearTimeout(again);
  again = 0;
  if (tries === 0) put('connection', { state: 'connecting' });
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/socket`;
  const opened = new WebSocket(url);
  opened.binaryType = 'arraybuffer';
  socket = opened;
  heardAt = performance.now();
  opened.onopen = () => {
    // What was pressed before the show was lost must not happen now.
    takeOutgoing();
  };
  opened.onmessage = (event) => {
    if (opened === socket) take(event.data);
  };
  opened.onclose = () => {
    if (opened === socket) lose();
  };
}

function take(data) {
  heardAt = performance.now();
  if (typeof data !== 'string') {
    onPicture(new DataView(data).getUint32(0), new Blob([new Uint8Array(data, 4)], { type: 'image/jpeg' }));
    return;
  }
  const message = JSON.parse(data);
  // The first topic of all; from here on the page may play.
  if ('hello' in message) {
    tries = 0;
    put('connection', { state: 'open' });
  }
  receive(message);
}

function lose() {
  if (socket) {
    socket.onclose = socket.onmessage = null;
    socket.close();
  }
  socket = null;
  takeOutgoing();
  if (tries === 0) goneSince = Date.now();
  put('connection', { state: 'gone', since: goneSince });
  again = setTimeout(open, AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]);
  tries += 1;
}

function look() {
  if (socket && performance.now() - heardAt > SILENCE_MS) lose();
}

/** A machine that wakes does not know that its connection is dead; waiting for that would take minutes. */
function lookAfterSleep() {
  if (document.hidden) return;
  if (socket && performance.now() - heardAt > SILENCE_AFTER_SLEEP_MS) lose();
  if (!socket) {
    tries = 0;
    open();
  }
}

function reloadIfOutdated(hello) {
  if (!hello) return;
  loadedWith ??= hello.page;
  if (hello.page !== loadedWith) location.reload();
}

function sendSoon() {
  if (due) return;
  due = true;
  // A page that is not seen is given no frames.
  if (document.hidden) setTimeout(sendNow, 30);
  else requestAnimationFrame(sendNow);
}

function sendNow() {
  due = false;
  if (socket?.readyState !== WebSocket.OPEN) return;
  const messages = takeOutgoing();
  if (messages.length) socket.send(JSON.stringify(messages));
}
