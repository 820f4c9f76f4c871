// Presets: recall one over some seconds, save what plays, and go from one to another on a fader.

import { ConfirmButton } from './confirm.js';
import { Control } from './control.js';
import { html, useEffect, useState } from './preact.js';
import { Roving } from './roving.js';
import { SecondsField, useSeconds } from './seconds.js';
import { send, subscribe, useTopic } from './state.js';

/** The presets that there are, the field that saves one, and the morph. */
export function Presets() {
  const presets = useTopic('presets');
  const names = presets?.names ?? [];
  const current = presets?.current ?? null;
  const [seconds, setSeconds] = useSeconds('preset', 2);

  return html`<section class="panel presets" aria-label="Presets">
    <header class="panel-head">
      <h2>Presets</h2>
      <${SecondsField} label="Recall over" value=${seconds} onChange=${setSeconds} />
    </header>
    <${Roving} tag="ul" class="name-list" aria-label="Presets">
      ${names.map(
        (name) => html`<li key=${name}><button type="button" class=${name === current ? 'on' : ''}
        aria-current=${name === current ? 'true' : 'false'} aria-label="Recall preset ${name}" title=${name} data-preset=${name}
        onClick=${() => send('/preset/recall', name, seconds)}>${name}</button></li>`,
      )}
      ${names.length === 0 && html`<li class="dim">No presets are there yet.</li>`}
    </${Roving}>
    <${SaveAs} names=${names} />
    <${Morph} names=${names} current=${current} morph=${presets?.morph ?? null} />
  </section>`;
}

/** The field for a new preset's name. What is wrong with a name the show says. */
function SaveAs({ names }) {
  const [typed, setTyped] = useState('');
  const [saved, setSaved] = useState(null);
  const [fault, setFault] = useState(null);
  const name = typed.trim();
  useEffect(() => subscribe('error', (error) => error?.[0] === '/preset/save' && setFault(error[1])), []);
  const there = names.includes(name);
  useEffect(() => {
    if (there && saved === name) setTyped('');
  }, [there, saved, name]);

  const save = () => {
    if (!name) return;
    send('/preset/save', name);
    setSaved(name);
    if (there) setTyped('');
  };
  const submit = (event) => {
    event.preventDefault();
    if (!there) save();
  };
  const words =
    fault ??
    (there ? 'There is one of this name: saving takes its place.' : null) ??
    (saved && names.includes(saved) && !name
      ? `Saved as ${saved}.`
      : 'Rack, values, modulators and weights are saved.');
  return html`<form class="presets-save" onSubmit=${submit}>
    <label for="preset-name">Save as</label>
    <input id="preset-name" value=${typed} maxlength="40" autocomplete="off" autocapitalize="off" spellcheck=${false}
      aria-invalid=${fault ? 'true' : 'false'} aria-describedby="preset-words" onInput=${(event) => {
        setTyped(event.currentTarget.value);
        setFault(null);
      }} />
    ${
      there && !fault
        ? html`<${ConfirmButton} label="Replace" ask="Replace?" name="Replace preset ${name}" onConfirm=${save} />`
        : html`<button type="submit" disabled=${!name || Boolean(fault)} aria-label="Save preset">Save</button>`
    }
    <p id="preset-words" class=${fault ? 'warn-words' : 'dim'} role="status">${words}</p>
  </form>`;
}

/** Two presets and the fader between them. */
function Morph({ names, current, morph }) {
  const [a, setA] = useState(null);
  const [b, setB] = useState(null);
  const from = a ?? morph?.a ?? (names.includes(current) ? current : (names[0] ?? ''));
  const to = b ?? morph?.b ?? names.find((name) => name !== from) ?? '';
  const ready = from !== '' && to !== '' && from !== to;
  const owners = useTopic('params') ?? [];
  const param = findParam(owners, 'preset.morph');
  const running = morph !== null && morph.a === from && morph.b === to;
  const begin = () => {
    send('/preset/morph', from, to);
    setA(null);
    setB(null);
  };

  return html`<div class="morph" data-morph=${running ? `${from} ${to}` : ''}>
    <h3>Morph</h3>
    <div class="morph-ends">
      <${Select} label="Morph from" value=${from} names=${names} onChange=${setA} />
      <${Select} label="Morph to" value=${to} names=${names} onChange=${setB} />
      <button type="button" class=${running ? 'on' : ''} disabled=${!ready || running} onClick=${begin}
        aria-label="${running ? 'On the fader' : 'Put on the fader'}: ${from} and ${to}">${running ? 'On the fader' : 'Put on the fader'}</button>
    </div>
    ${running && param && html`<${Control} key=${param.address} param=${param} title="preset" />`}
    <p class="dim">${
      running
        ? `Left is ${from}, right is ${to}; what has only steps changes in the middle.`
        : ready
          ? 'Press the button, then move the fader.'
          : 'Choose two different presets.'
    }</p>
  </div>`;
}

function Select({ label, value, names, onChange }) {
  return html`<select aria-label=${label} value=${value} onChange=${(event) => onChange(event.currentTarget.value)}>
    ${names.map((name) => html`<option value=${name} key=${name} selected=${name === value}>${name}</option>`)}
  </select>`;
}

/** Return the declaration of `owner.name`, or undefined where there is none. */
export function findParam(owners, address) {
  return owners.flatMap((owner) => owner.params).find((param) => param.address === address);
}
