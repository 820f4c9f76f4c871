// Faders made of the parameters, grouped by plugin in the order of the rack, with a box that filters them.

import { html, useEffect, useMemo, useRef, useState } from './preact.js';
import { Control } from './control.js';
import { LearnBanner, LearnButton, useLearning } from './learn.js';
import { keep, read } from './kept.js';
import { pluginsFirst } from './mode.js';
import { Pads, PadsButton } from './pad.js';
import { Palette, PaletteButton } from './palette.js';
import { setParam, useTopic, useValue } from './state.js';

const CLOSED = 'likeness.closed groups';
// What the top bar, the cues and the past show as well; it is here for learning and for typed values.
const CLOSED_AT_FIRST = ['master', 'cue', 'history', 'preset'];

function useClosed() {
  const [closed, setClosed] = useState(() => new Set(read(CLOSED) ?? CLOSED_AT_FIRST));
  const toggle = (owner) => {
    const next = new Set(closed);
    if (!next.delete(owner)) next.add(owner);
    setClosed(next);
    keep(CLOSED, [...next]);
  };
  return [closed, toggle];
}

/** Returns the groups with the parameters that hold every word that was typed: plugins first, in rack order. */
export function filterGroups(groups, typed) {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const ordered = pluginsFirst(groups);
  if (!words.length) return ordered;
  return ordered
    .map((group) => ({
      ...group,
      params: group.params.filter((param) => {
        const text = `${group.title} ${group.owner} ${param.name} ${param.help}`.toLowerCase().replaceAll('_', ' ');
        return words.every((word) => text.includes(word));
      }),
    }))
    .filter((group) => group.params.length);
}

/** Whether a plugin plays, and what it costs; a tap on the cost opens what it may cost. */
function Bypass({ group, onCost }) {
  const { target } = useValue(`${group.owner}.bypass`);
  const rack = useTopic('rack');
  const slot = rack?.plugins?.find((plugin) => plugin.name === group.owner);
  const trouble = slot?.hung ? 'hangs' : slot?.error ? 'failed' : slot?.strikes ? `${slot.strikes} strikes` : '';
  const cost = slot?.cost_ms === undefined ? '' : `${slot.cost_ms.toFixed(1)} ms`;
  return html`<button
      class=${`cost ${trouble ? 'trouble' : ''}`}
      aria-label=${`${group.title} costs ${cost} ${trouble}; show its budget`}
      onClick=${onCost}
    >
      ${trouble || cost}
    </button>
    <button
      class=${`switch ${target ? '' : 'on'}`}
      role="switch"
      aria-checked=${!target}
      aria-label=${`${group.title} plays`}
      onClick=${() => setParam(`${group.owner}.bypass`, !target)}
    >
      <i></i>${target ? 'out' : 'on'}
    </button>`;
}

function Group({ group, open, filtered, onToggle }) {
  const { target: bypassed } = useValue(`${group.owner}.bypass`);
  const [budget, setBudget] = useState(false);
  const hidden = group.plugin ? new Set(['bypass', ...(budget || filtered ? [] : ['budget_ms'])]) : new Set();
  const shown = group.params.filter((param) => !hidden.has(param.name));
  return html`<section class=${`group ${bypassed ? 'out' : ''}`} aria-label=${group.title}>
    <header>
      <button class="fold" aria-expanded=${open} title=${group.title} onClick=${onToggle}>
        <i aria-hidden="true">${open ? '▾' : '▸'}</i> ${group.title}
        ${open ? html`<small>${group.help}</small>` : html`<small>${shown.length} controls</small>`}
      </button>
      ${group.plugin ? html`<${Bypass} group=${group} onCost=${() => setBudget(!budget)} />` : null}
    </header>
    ${open
      ? html`<div class="controls">
          ${shown.map((param) => html`<${Control} key=${param.address} param=${param} title=${group.title} />`)}
        </div>`
      : null}
  </section>`;
}

/** The box that filters the faders; "/" goes there from everywhere. */
function Filter({ typed, setTyped }) {
  const box = useRef(null);
  useEffect(() => {
    const key = (event) => {
      const typing = event.target.closest?.('input, textarea, select');
      if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || !box.current?.offsetParent) return;
      event.preventDefault();
      box.current.focus();
      box.current.select();
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, []);
  const key = (event) => {
    event.stopPropagation();
    if (event.key !== 'Escape') return;
    setTyped('');
    box.current.blur();
  };
  return html`<input
    class="filter"
    type="search"
    ref=${box}
    value=${typed}
    placeholder="filter"
    title="/ goes here"
    aria-label="filter the parameters"
    autocomplete="off"
    onInput=${(event) => setTyped(event.target.value)}
    onKeyDown=${key}
  />`;
}

/** Faders made of the parameters. */
export function Params() {
  const groups = useTopic('params') || [];
  const [typed, setTyped] = useState('');
  const [closed, toggle] = useClosed();
  const learning = useLearning();
  const found = useMemo(() => filterGroups(groups, typed), [groups, typed]);
  return html`<section class="params" aria-label="parameters">
    <div class="toolbar">
      <${Filter} typed=${typed} setTyped=${setTyped} />
      <${LearnButton} />
      <${PaletteButton} />
      <${PadsButton} />
    </div>
    ${learning ? html`<${LearnBanner} />` : html`<${Palette} />`}
    <${Pads} />
    <div class="scroll">
      ${found.map(
        (group) => html`<${Group}
          key=${group.owner}
          group=${group}
          filtered=${typed !== ''}
          open=${typed !== '' || !closed.has(group.owner)}
          onToggle=${() => toggle(group.owner)}
        />`,
      )}
      ${found.length ? null : html`<p class="empty">${typed ? `Nothing is called "${typed}".` : 'No parameters yet.'}</p>`}
    </div>
  </section>`;
}
