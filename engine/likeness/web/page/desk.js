// The desk: joins the parts, and puts them where the screen has room for them.

import { html, render, useEffect, useState } from './preact.js';
import { Cues } from './cues.js';
import { Generator } from './generator.js';
import { Keys } from './keys.js';
import { keep, read } from './kept.js';
import { Learn } from './learn.js';
import { connect } from './link.js';
import { Log } from './log.js';
import { Modulation } from './modulation.js';
import { Params } from './params.js';
import { Past } from './past.js';
import { Presets } from './presets.js';
import { Rack } from './rack.js';
import { Roving } from './roving.js';
import { get, put, useTopic } from './state.js';
import { Toasts } from './toasts.js';
import { Top } from './top.js';
import { Tour } from './tour.js';
import { Visitors } from './visitors.js';
import { keepAwake } from './awake.js';

const Cueing = () => html`<${Cues} /><${Past} />`;
const Show = () => html`<div class="scrolls presets-tab"><${Presets} /><${Generator} /><${Visitors} /></div>`;
const TABS = [
  { name: 'Cues', Part: Cueing, narrow: true },
  { name: 'Play', Part: Params },
  { name: 'Rack', Part: Rack },
  { name: 'Modulation', short: 'Mod', Part: Modulation },
  { name: 'Presets', Part: Show },
  { name: 'Log', Part: Log },
];
// Here cues and faders have room beside each other; style.css has the same condition.
const WIDE = matchMedia('(min-width: 900px) and (min-height: 560px)');
const TAB = 'likeness.tab';
// When the newest error was logged that somebody has read here.
const LOG_READ = 'likeness.log read';

function useWide() {
  const [wide, setWide] = useState(WIDE.matches);
  useEffect(() => {
    const follow = () => setWide(WIDE.matches);
    WIDE.addEventListener('change', follow);
    return () => WIDE.removeEventListener('change', follow);
  }, []);
  return wide;
}

/** The tabs that there is room for, and the one that is open. */
function useTabs(wide) {
  const tabs = TABS.filter((tab) => !(wide && tab.narrow));
  const wanted = useTopic('page.tab');
  const open = tabs.find((tab) => tab.name === wanted) ?? tabs[0];
  return [tabs, open];
}

function Tab({ tab, wide, open }) {
  const trouble = useTopic('page.trouble');
  const name = tab.short && !wide ? `${tab.short}, ${tab.name}` : tab.name;
  const marked = tab.name === 'Log' && trouble && !open;
  return html`<button
    role="tab"
    aria-selected=${open}
    class=${`tab ${open ? 'on' : ''} ${marked ? 'marked' : ''}`}
    aria-label=${marked ? `${name}, an error that is not read yet` : name}
    data-tab=${tab.name}
    onClick=${() => put('page.tab', tab.name)}
  >
    ${wide ? tab.name : (tab.short ?? tab.name)}${marked ? html`<b aria-hidden="true">!</b>` : null}
  </button>`;
}

/** Notes whether the log has errors that nobody has read on this browser. Warnings are no trouble: the show copes. */
function useTrouble(openTab) {
  const log = useTopic('log');
  const [seen, setSeen] = useState(() => read(LOG_READ) ?? 0);
  const last = (log ?? []).findLast((line) => line[1] === 'error')?.[0] ?? 0;
  useEffect(() => {
    if (openTab === 'Log' && last > seen) {
      setSeen(last);
      keep(LOG_READ, last);
    }
    put('page.trouble', last > seen && openTab !== 'Log');
  }, [last, openTab, seen]);
}

function Desk() {
  const wide = useWide();
  const [tabs, open] = useTabs(wide);
  const connection = useTopic('connection');
  const hello = useTopic('hello');
  useTrouble(open.name);
  useEffect(() => {
    document.title = hello?.title ? `${hello.title}, likeness` : 'likeness';
  }, [hello?.title]);
  const playable = connection?.state === 'open';
  // The keyboard does not go behind the help.
  const closed = !playable || Boolean(useTopic('page.help'));
  const classes = `desk ${wide ? 'wide' : 'narrow'} ${playable ? '' : 'gone'} ${hello?.role === 'view' ? 'view' : ''}`;
  return html`<div class=${classes}>
    <${Top} />
    ${wide ? html`<section class="side" aria-label="cues and the past" inert=${closed}><${Cueing} /></section>` : null}
    <section class="part" data-part=${open.name} data-tour="faders" inert=${closed}>
      <${Roving} follow class="tabs" role="tablist" aria-label="parts of the desk">
        ${tabs.map((tab) => html`<${Tab} key=${tab.name} tab=${tab} wide=${wide} open=${tab === open} />`)}
      </${Roving}>
      <div class="stage" role="tabpanel" aria-label=${open.name}><${open.Part} key=${open.name} /></div>
    </section>
    <${Toasts} />
    <${Learn} />
    <${Keys} tabs=${tabs} />
    <${Tour} />
  </div>`;
}

function rememberTab() {
  try {
    put('page.tab', localStorage.getItem(TAB) ?? undefined);
    addEventListener('pagehide', () => localStorage.setItem(TAB, get('page.tab') ?? ''));
  } catch {
    // A private window may keep nothing.
  }
}

rememberTab();
connect();
keepAwake();
const root = document.getElementById('desk');
root.textContent = '';
render(html`<${Desk} />`, root);
