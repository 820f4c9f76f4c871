// Always on top: rates, tempo with a beat light, the master's three buttons, and whether the show is there.

import { html, useEffect, useRef, useState } from './preact.js';
import { Preview } from './preview.js';
import { get, put, send, subscribe, useTopic, useValue } from './state.js';

const FLASH_MS = 700;
// Statuses are up to a tenth of a second late, each by another time; the earliest of so many tells the beat best.
const BEATS_KEPT = 10;
const SLOW = 0.93;
const MOST_NOTICES = 2;

/** The bar on top of the page. */
export function Top() {
  return html`<header class="top" data-tour="top">
    <${Preview} />
    <${Numbers} />
    <${Tempo} />
    <${Master} />
  </header>`;
}

// Numbers.

function Numbers() {
  const status = useTopic('status');
  const connection = useTopic('connection');
  const hello = useTopic('hello');
  const title = hello?.title ?? 'likeness';
  const open = connection?.state === 'open' && status;
  const slow = open && status.fps < status.governed_fps * SLOW;
  return html`<section class="numbers" aria-label="state of the show">
    <div class="title">
      <div class="named"><${Connection} connection=${connection} /><h1 title=${title}>${title}</h1></div>
      <button class="help" aria-label="keys and help" onClick=${() => put('page.help', true)}>?</button>
    </div>
    <p class=${`fps ${slow ? 'slow' : ''}`}>
      ${open ? html`<b>${status.fps.toFixed(1)}</b> ${slow ? html`<em>slow</em> ` : null}<span>of ${Math.round(status.governed_fps * 100) / 100} fps</span>` : null}
    </p>
    <div class="state">
      ${open ? html`<${Rates} status=${status} />` : null}
      <${Notices} status=${status} connection=${connection} hello=${hello} />
    </div>
  </section>`;
}

const CONNECTIONS = { open: 'connected', connecting: 'connecting', gone: 'not connected' };

function Connection({ connection }) {
  const state = connection?.state ?? 'connecting';
  return html`<span class=${`link ${state}`} role="img" aria-label=${CONNECTIONS[state]} title=${CONNECTIONS[state]}></span>`;
}

function Rates({ status }) {
  const dropped = status.outputs.reduce((sum, output) => sum + output.dropped, 0);
  return html`<p class="rates">
    <span>${dropped} dropped</span> <span>${status.repeats} repeated</span>
    ${status.latency_ms >= 1 ? html`<span class="more">${Math.round(status.latency_ms)} ms to the screen</span>` : null}
  </p>`;
}

/** What a performer has to know now, in words, the worst first; what there is no room for is counted. */
function Notices({ status, connection, hello }) {
  const lock = useTopic('lock');
  const clients = useTopic('clients');
  const brightness = useValue('master.brightness').target;
  if (connection?.state === 'gone') return html`<${Gone} since=${connection.since} />`;
  const words = [];
  if (lock) words.push(['warn', `locked by ${lock}`]);
  if (hello?.role === 'view') words.push(['warn', 'this page looks on']);
  for (const name of status?.closed_outputs ?? []) words.push(['warn', `${name} is closed`]);
  for (const output of status?.outputs ?? []) if (output.trouble) words.push(['warn', `${output.name} reaches nobody`]);
  if (brightness < 0.995) words.push(['plain', `brightness ${Math.round(brightness * 100)} %`]);
  if (status && status.governed_fps !== status.wanted_fps) words.push(['plain', `${status.wanted_fps} fps wanted`]);
  const desks = (clients?.desk ?? 1) + (clients?.view ?? 0);
  if (desks > 1) words.push(['plain', `${desks} desks`]);
  const rest = words.slice(MOST_NOTICES).map(([, text]) => text);
  return html`<ul class="notices" aria-live="polite">
    ${words.slice(0, MOST_NOTICES).map(([kind, text]) => html`<li class=${kind} title=${text}>${text}</li>`)}
    ${rest.length ? html`<li class="rest" title=${rest.join(', ')} aria-label=${rest.join(', ')}>+${rest.length}</li>` : null}
  </ul>`;
}

function Gone({ since }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const count = () => setSeconds(Math.max(0, Math.round((Date.now() - since) / 1000)));
    count();
    const timer = setInterval(count, 1000);
    return () => clearInterval(timer);
  }, [since]);
  return html`<p class="gone-words"><b role="alert">The show is gone; trying again.</b> ${seconds > 2 ? html`<span>${seconds} s</span>` : null}</p>`;
}

// Tempo.

/** Tells the beat between two statuses. */
class BeatClock {
  kept = [];

  hear(tempo) {
    const rate = tempo.bpm / 60000;
    const start = tempo.beat - performance.now() * rate;
    if (this.rate !== rate || Math.abs(start - this.start) > 0.5) this.kept = [];
    this.rate = rate;
    this.kept = [...this.kept, start].slice(-BEATS_KEPT);
    this.start = Math.max(...this.kept);
    this.meter = tempo.beats_per_bar;
    // Where the show counts its bars from.
    this.first = Math.round(tempo.beat - tempo.bar * tempo.beats_per_bar);
  }

  now() {
    return this.start + performance.now() * this.rate;
  }
}

function useBeat(light, dots) {
  useEffect(() => {
    const clock = new BeatClock();
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    let frame = 0;
    let lit = null;
    const draw = () => {
      const beat = clock.now();
      const phase = beat - Math.floor(beat);
      light.current.style.opacity = still.matches ? 1 : (0.15 + 0.85 * (1 - phase) ** 2).toFixed(2);
      const at = (((Math.floor(beat) - clock.first) % clock.meter) + clock.meter) % clock.meter;
      const dot = dots.current.children[at];
      if (dot !== lit) {
        lit?.classList.remove('on');
        dot?.classList.add('on');
        lit = dot;
        light.current.classList.toggle('one', at === 0);
      }
      frame = requestAnimationFrame(draw);
    };
    const end = subscribe('status', (status) => {
      if (!status?.tempo) return;
      clock.hear(status.tempo);
      if (!frame) frame = requestAnimationFrame(draw);
    });
    const stop = subscribe('connection', ({ state }) => {
      if (state === 'open') return;
      cancelAnimationFrame(frame);
      frame = 0;
    });
    return () => {
      end();
      stop();
      cancelAnimationFrame(frame);
    };
  }, []);
}

const tap = () => send('/transport/tap', 1);

/** Returns handlers that act when a finger arrives, not when it leaves; keys and screen readers click. */
const atOnce = (act) => ({
  onPointerDown: (event) => event.button === 0 && act(),
  onClick: (event) => event.detail === 0 && act(),
});

function Tempo() {
  const tempo = useTopic('status')?.tempo;
  const light = useRef(null);
  const dots = useRef(null);
  useBeat(light, dots);
  const meter = tempo?.beats_per_bar ?? 4;
  return html`<section class="tempo" aria-label="tempo">
    <button class="tap" aria-label=${`${tempo?.bpm.toFixed(1) ?? '–'} BPM tap: tap the tempo`} ...${atOnce(tap)}>
      <i class="beat" ref=${light}></i>
      <span><b>${tempo?.bpm.toFixed(1) ?? '–'}</b> <small>BPM</small></span>${' '}
      <small>tap</small>
    </button>
    <div class="dots" ref=${dots} aria-hidden="true">${Array.from({ length: meter }, (_, i) => html`<i key=${i}></i>`)}</div>
    <p class="leader" title=${`clock: ${tempo?.leader || 'its own'}`}><span>clock:</span> ${tempo?.leader || 'its own'}</p>
  </section>`;
}

// Master.

/** Presses the blackout's pad; a second press within 0.4 s cuts. */
export const pressBlackout = () => send('/master/press', 1);

/** Freezes the picture, or lets it go on. */
export const toggleFreeze = () => send('/master/freeze', !get('values')['master.freeze']);

/** Lets go of all that could stick. */
export function panic() {
  send('/master/panic', 1);
  put('page.panic', Date.now());
}

function Master() {
  const view = useTopic('hello')?.role === 'view';
  const gone = useTopic('connection')?.state !== 'open';
  const black = Boolean(useValue('master.blackout').target);
  const frozen = Boolean(useValue('master.freeze').target);
  const level = useTopic('status')?.master?.level ?? 1;
  const disabled = view || gone;
  const fading = black ? level > 0 : level < 1;
  return html`<section class="master" aria-label="blackout, freeze, panic">
    <button class=${`blackout ${black ? 'latched' : ''}`} aria-pressed=${black} disabled=${disabled} ...${atOnce(pressBlackout)}>
      <b>BLACKOUT</b><small>${black ? (fading ? 'going black' : 'black') : fading ? 'coming back' : 'off'}</small>
      <i class="level" aria-hidden="true"><i style=${{ transform: `scaleX(${1 - level})` }}></i></i>
    </button>
    <button class=${`freeze ${frozen ? 'latched' : ''}`} aria-pressed=${frozen} disabled=${disabled} ...${atOnce(toggleFreeze)}>
      <b>FREEZE</b><small>${frozen ? 'frozen' : 'off'}</small>
    </button>
    <${PanicButton} disabled=${disabled} />
  </section>`;
}

function PanicButton({ disabled }) {
  const pressed = useTopic('page.panic');
  const [flash, setFlash] = useState(false);
  useEffect(() => {
    if (!pressed) return undefined;
    setFlash(true);
    const timer = setTimeout(() => setFlash(false), FLASH_MS);
    return () => clearTimeout(timer);
  }, [pressed]);
  return html`<button class=${`panic ${flash ? 'latched' : ''}`} disabled=${disabled} ...${atOnce(panic)}>
    <b>PANIC</b><small>${flash ? 'let go' : 'let all go'}</small>
  </button>`;
}
