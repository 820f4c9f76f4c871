// The plugins that are not in the rack, with what each does, to be added with one press.

import { html, useEffect, useState } from './preact.js';
import { send } from './state.js';

// How long a press on Add is shown as on its way, where neither the rack nor an error answers.
const PATIENCE_MS = 5000;
// Every plugin that was there when the page opened.
const known = new Set();

/** The list of what can be added. A file that appears in the plugins' folder appears here, marked as new. */
export function AddPlugin({ available, playing, watch }) {
  const [filter, setFilter] = useState('');
  const [adding, add] = useAdding(available);
  const isNew = findNewcomers([...playing, ...available.map((plugin) => plugin.name)]);
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = available.filter((plugin) => {
    const text = `${plugin.name} ${plugin.name.replaceAll('_', ' ')} ${plugin.help}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });

  return html`<div class="rack-add">
    <header class="panel-head">
      <h2>Add a plugin</h2>
      <input type="search" placeholder="Filter" aria-label="Filter the plugins that can be added" value=${filter}
        onInput=${(event) => setFilter(event.currentTarget.value)} />
    </header>
    <p class="dim">${
      watch
        ? "A file saved in the plugins' folder appears here by itself."
        : 'Plugins are not watched: after a change press Reload, or start the show with --watch.'
    }</p>
    <ul class="rack-list scrolls" tabindex="0" aria-label="Plugins that can be added">
      ${matching.map(
        (plugin) => html`<li class="rack-row" key=${plugin.name} data-available=${plugin.name}>
        <div class="rack-what">
          <strong>${plugin.name.replaceAll('_', ' ')}</strong>
          ${isNew(plugin.name) && html` <span class="rack-state live">new</span>`}
          <p class="dim rack-help" title=${plugin.help}>${plugin.help}</p>
        </div>
        <button type="button" aria-label="Add ${plugin.name.replaceAll('_', ' ')}" disabled=${adding === plugin.name}
          onClick=${() => add(plugin.name)}>${adding === plugin.name ? 'Adding' : 'Add'}</button>
        ${
          plugin.error &&
          html`<div class="rack-error" role="alert">
          <p><strong>${plugin.error}</strong></p><p>Mend the file, save it and press Add again.</p></div>`
        }
      </li>`,
      )}
      ${matching.length === 0 && html`<li class="dim">${available.length ? 'None has these words.' : 'All there are play already.'}</li>`}
    </ul>
  </div>`;
}

/** Return the plugin that is being added, or null, and a function that adds one. */
function useAdding(available) {
  const [adding, setAdding] = useState(null);
  const listed = available.find((plugin) => plugin.name === adding);
  useEffect(() => {
    if (adding === null) return undefined;
    if (!listed || listed.error) setAdding(null);
    const timer = setTimeout(() => setAdding(null), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [adding, listed === undefined, listed?.error]);
  return [
    adding,
    (name) => {
      setAdding(name);
      send('/rack/add', name);
    },
  ];
}

/** Return a function that tells whether a name was not there when the page first saw any. */
function findNewcomers(names) {
  if (known.size === 0) names.forEach((name) => known.add(name));
  return (name) => !known.has(name);
}
