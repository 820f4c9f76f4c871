// The rack: which plugins play, in which order, what each costs, and what is wrong with one.

import { ConfirmButton } from './confirm.js';
import { html, useEffect, useLayoutEffect, useRef, useState } from './preact.js';
import { AddPlugin } from './rack_add.js';
import { useRowDrag } from './row_drag.js';
import { send, setParam, useTopic, useValue } from './state.js';

const DEFAULT_FPS = 30;
// How long the page shows the order that a hand has made before the show's own answer counts.
const TRUST_MS = 1500;

/** The list of plugins and, beside it, those that can be added. */
export function Rack() {
  const rack = useTopic('rack');
  const status = useTopic('status');
  const plugins = rack?.plugins ?? [];
  const [order, reorder] = useOrder(plugins.map((plugin) => plugin.name));
  const keepFocus = useKeptFocus(order);
  const move = (name, index) => {
    keepFocus();
    send('/rack/move', name, index);
    reorder(name, index);
  };
  const drag = useRowDrag(order, move);
  const budget = 1000 / (status?.wanted_fps || DEFAULT_FPS);
  const cost = plugins.reduce((sum, plugin) => sum + (plugin.cost_ms ?? 0), 0);
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]));

  return html`<section class="panel rack" aria-label="Rack">
    <div class="rack-playing">
      <header class="panel-head">
        <h2>Rack</h2>
        <span class="dim tabular" title="What all plugins take of a frame">${cost.toFixed(1)} of ${budget.toFixed(1)} ms a frame</span>
      </header>
      ${plugins.length === 0 && html`<p class="dim">No plugin plays: the picture stands still. Add one from the list.</p>`}
      <ol class="rack-list scrolls" tabindex="0" aria-label="Plugins, in the order in which they play" ref=${drag.list}>
        ${order
          .filter((name) => byName.has(name))
          .map(
            (name, index) => html`<${PluginRow} key=${name}
          plugin=${byName.get(name)} index=${index} count=${order.length} budget=${budget}
          watch=${rack.watch} move=${move} grip=${drag.grip(name)} style=${drag.style(name)} dragged=${drag.name === name} />`,
          )}
      </ol>
    </div>
    <${AddPlugin} available=${rack?.available ?? []} playing=${plugins.map((plugin) => plugin.name)} watch=${rack?.watch ?? true} />
  </section>`;
}

/** Return the order to draw, and a function that puts a name elsewhere at once, before the show has answered. */
function useOrder(names) {
  const [made, setMade] = useState(null);
  const key = names.join();
  useEffect(() => setMade(null), [key]);
  useEffect(() => {
    if (made === null) return undefined;
    const timer = setTimeout(() => setMade(null), TRUST_MS);
    return () => clearTimeout(timer);
  }, [made]);

  const order = made ?? names;
  const reorder = (name, index) => {
    const others = order.filter((other) => other !== name);
    others.splice(index, 0, name);
    setMade(others);
  };
  return [order, reorder];
}

/** Return a function that gives the focus back to what has it now, once its row has moved: a moved row loses it. */
function useKeptFocus(order) {
  const kept = useRef(null);
  const key = order.join();
  useLayoutEffect(() => {
    const element = kept.current;
    kept.current = null;
    if (element === null || document.activeElement !== document.body) return;
    const focused = element.disabled ? element.closest('li')?.querySelector('.rack-grip') : element;
    focused?.focus();
  }, [key]);
  return () => {
    kept.current = document.activeElement;
  };
}

/** One plugin: its place, its cost, whether it plays, and its error in words. */
function PluginRow({ plugin, index, count, budget, watch, move, grip, style, dragged }) {
  const { name } = plugin;
  const title = name.replaceAll('_', ' ');
  const bypass = useValue(`${name}.bypass`);
  const bypassed = Boolean(bypass?.target ?? plugin.bypassed);
  const state = describeState(plugin, bypassed);
  const withArrows = (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    if (index + step >= 0 && index + step < count) move(name, index + step);
  };

  return html`<li class="rack-row ${bypassed ? 'bypassed' : ''} ${dragged ? 'dragged' : ''}" data-plugin=${name} style=${style}>
    <button type="button" class="rack-grip" aria-label="Move ${title}: drag, or press arrow up and down" onKeyDown=${withArrows} ...${grip}>⠿</button>
    <div class="rack-what">
      <strong>${title}</strong> ${state && html`<span class="rack-state ${state.kind}">${state.words}</span>`}
      <p class="dim rack-help" title=${plugin.help}>${plugin.help}</p>
      <${Cost} cost=${plugin.cost_ms ?? 0} budget=${budget} title=${title} />
    </div>
    <div class="rack-buttons">
      <button type="button" aria-label="Move ${title} up" disabled=${index === 0} onClick=${() => move(name, index - 1)}>▲</button>
      <button type="button" aria-label="Move ${title} down" disabled=${index === count - 1} onClick=${() => move(name, index + 1)}>▼</button>
      <button type="button" class=${bypassed ? 'on' : ''} aria-pressed=${bypassed ? 'true' : 'false'} aria-label="Bypass ${title}"
        onClick=${() => setParam(`${name}.bypass`, !bypassed)}>Bypass</button>
      <button type="button" aria-label="Reload ${title} from ${plugin.file ?? 'its file'}" onClick=${() => send('/rack/reload', name)}>Reload</button>
      <${ConfirmButton} label="Remove" ask="Remove?" name="Remove ${title}" onConfirm=${() => send('/rack/remove', name)} />
    </div>
    ${
      plugin.error &&
      html`<div class="rack-error" role="alert">
      <p><strong>${plugin.error}</strong></p>
      <p>${adviseOn(plugin, bypassed, watch)}</p>
    </div>`
    }
  </li>`;
}

/** A bar of what a plugin takes of the time that one frame has. */
function Cost({ cost, budget, title }) {
  const part = Math.min(cost / budget, 1);
  const kind = part > 0.5 ? 'danger' : part > 0.25 ? 'warn' : '';
  return html`<div class="rack-cost">
    <div class="rack-bar" role="meter" aria-label="Cost of ${title}" aria-valuemin="0" aria-valuemax=${budget.toFixed(1)}
      aria-valuenow=${cost.toFixed(1)} aria-valuetext="${cost.toFixed(1)} of ${budget.toFixed(1)} milliseconds">
      <div class=${kind} style=${{ width: `${(part * 100).toFixed(1)}%` }}></div>
    </div>
    <span class="dim tabular">${cost.toFixed(1)} ms</span>
  </div>`;
}

/** Return how a plugin is, in a word or three, or null where it simply plays. */
function describeState(plugin, bypassed) {
  if (plugin.hung) return { kind: 'danger', words: 'hangs, left out' };
  if (bypassed)
    return plugin.by_host ? { kind: 'danger', words: 'left out by the show' } : { kind: '', words: 'bypassed' };
  if (plugin.strikes > 0) {
    const times = plugin.strikes === 1 ? 'failed once' : `failed ${plugin.strikes} times in a row`;
    return { kind: 'warn', words: times };
  }
  return null;
}

/** Return what to do about a plugin's error. */
function adviseOn(plugin, bypassed, watch) {
  const file = plugin.file ?? 'its file';
  const mend = watch ? `Mend ${file} and save it: it is loaded by itself.` : `Mend ${file}, save it and press Reload.`;
  if (plugin.hung) return `It did not come back, so the show goes on without it. ${mend}`;
  if (plugin.error.includes('file is gone')) return 'Put the file back, or remove the plugin here.';
  if (plugin.error.includes('not reloaded')) return `What was loaded before plays on. ${mend}`;
  if (bypassed) return `${mend} Then switch Bypass off to try it again.`;
  return `The show goes on without this step; after many failures in a row it leaves the plugin out. ${mend}`;
}
