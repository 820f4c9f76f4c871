// The log: the last lines in plain words, and the file for a bug report.

import { html, useEffect, useRef, useState } from './preact.js';
import { useTopic } from './state.js';

const SHOWN = { all: ['info', 'warning', 'error'], warnings: ['warning', 'error'], errors: ['error'] };
const COPIED_MS = 1500;

/** The newest lines of the show's log, by level. New lines are followed as long as the list's end is in view. */
export function Log() {
  const lines = useTopic('log') ?? [];
  const [level, setLevel] = useState('all');
  const shown = lines.filter(([, kind]) => SHOWN[level].includes(kind));
  const list = useFollowedEnd(shown.length);

  return html`<section class="panel log" aria-label="Log">
    <header class="panel-head">
      <h2>Log</h2>
      <div class="segments" role="group" aria-label="Which lines">
        ${Object.keys(SHOWN).map(
          (name) => html`<button type="button" key=${name} class=${name === level ? 'on' : ''}
          aria-pressed=${name === level ? 'true' : 'false'} onClick=${() => setLevel(name)}>${name[0].toUpperCase() + name.slice(1)}</button>`,
        )}
      </div>
      <${CopyButton} text=${() => shown.map(writeLine).join('\n')} disabled=${shown.length === 0} />
    </header>
    <div class="log-lines scrolls" tabindex="0" role="log" aria-label="Lines of the log" ref=${list}><ol>
      ${shown.map(
        ([time, kind, text], place) => html`<li key=${`${time} ${place}`} class=${kind}>
        <time class="dim tabular">${clock(time)}</time>
        ${kind !== 'info' && html` <strong>${kind}</strong>`} <span>${text}</span></li>`,
      )}
      ${shown.length === 0 && html`<li class="dim">${level === 'all' ? 'Nothing has been said yet.' : `No ${level}.`}</li>`}
    </ol></div>
    <footer class="report">
      <a class="button" href="/report.zip" download>Make a bug report</a>
      <p class="dim">A zip with versions, the device, the preset, these lines and measured frame times.
        No picture, no face and no network address is in it.</p>
    </footer>
  </section>`;
}

/** Return a ref for a list that stays at its end while new lines come, unless somebody has scrolled up. */
function useFollowedEnd(count) {
  const list = useRef(null);
  const follows = useRef(true);
  useEffect(() => {
    const element = list.current;
    const note = () => {
      follows.current = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
    };
    element.addEventListener('scroll', note, { passive: true });
    return () => element.removeEventListener('scroll', note);
  }, []);
  useEffect(() => {
    if (follows.current) list.current.scrollTop = list.current.scrollHeight;
  }, [count]);
  return list;
}

function CopyButton({ text, disabled }) {
  const [words, setWords] = useState('Copy');
  const copy = async () => {
    setWords((await copyText(text())) ? 'Copied' : 'Not copied');
    setTimeout(() => setWords('Copy'), COPIED_MS);
  };
  return html`<button type="button" disabled=${disabled} onClick=${copy} aria-live="polite">${words}</button>`;
}

/** Put `text` on the clipboard. Over plain http, as on a tablet, browsers offer only the old way, by a selection. */
async function copyText(text) {
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused without a right to it; the old way needs none.
    }
  }
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'off-screen';
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  return copied;
}

function writeLine([time, kind, text]) {
  return `${clock(time)} ${kind}: ${text}`;
}

function clock(time) {
  return new Date(time * 1000).toTimeString().slice(0, 8);
}
