// The preview: what leaves the show, with a border and a word that say whether it is live, black, frozen or old.

import { html, useEffect, useRef } from './preact.js';
import { takePictures } from './link.js';
import { get, put, send, subscribe, useTopic, useValue } from './state.js';

const RATE = 15;
const WIDEST = 1024;
const DARK = 0.02;

/** Returns what the picture is now, as a kind and in words. */
export function describePicture({ connection, status, black, frozen, brightness }) {
  if (connection !== 'open') return ['gone', 'no show'];
  const level = status?.master?.level ?? 1;
  const held = frozen ? ', frozen' : '';
  if (black) return ['black', (level > 0 ? 'going black' : 'black') + held];
  if (brightness < DARK) return ['black', `brightness 0${held}`];
  if (frozen) return ['frozen', 'frozen'];
  if (status && status.drawn === false) return ['old', 'no new pictures'];
  return ['live', level < 1 ? 'coming back' : 'live'];
}

function usePictureState() {
  return describePicture({
    connection: useTopic('connection')?.state,
    status: useTopic('status'),
    black: useValue('master.blackout').target,
    frozen: useValue('master.freeze').target,
    brightness: useValue('master.brightness').target ?? 1,
  });
}

/** Asks for pictures as wide as they are shown, and for none while nobody sees the page. */
function followSize(canvas) {
  let asked = null;
  const ask = (anew) => {
    const width = document.hidden ? 0 : Math.min(Math.round(canvas.clientWidth * devicePixelRatio), WIDEST);
    if (width === asked && anew !== true) return;
    asked = width;
    send('/desk/preview', width, RATE);
  };
  const sizes = new ResizeObserver(ask);
  sizes.observe(canvas);
  document.addEventListener('visibilitychange', ask);
  const end = subscribe('connection', ({ state }) => state === 'open' && ask(true));
  return () => {
    sizes.disconnect();
    document.removeEventListener('visibilitychange', ask);
    end();
  };
}

function drawPictures(canvas) {
  const context = canvas.getContext('2d', { alpha: false });
  takePictures(async (number, jpeg) => {
    try {
      const bitmap = await createImageBitmap(jpeg);
      if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
        canvas.width = bitmap.width;
        canvas.height = bitmap.height;
      }
      context.drawImage(bitmap, 0, 0);
      bitmap.close();
    } finally {
      // Only now is the next one sent, so a slow tablet gets fewer pictures and no old ones.
      send('/desk/shown', number);
    }
  });
}

/** Shows the preview over the faders, or small again. */
export const toggleBig = () => put('page.big', !get('page.big'));

/** The preview; a tap makes it large, over the faders, and small again. */
export function Preview() {
  const [kind, words] = usePictureState();
  const big = Boolean(useTopic('page.big'));
  const canvas = useRef(null);
  useEffect(() => {
    drawPictures(canvas.current);
    return followSize(canvas.current);
  }, []);
  return html`<div class="preview-place">
    <button class=${`preview ${kind} ${big ? 'big' : ''}`} aria-pressed=${big} aria-label=${`preview: ${words}; ${big ? 'small again' : 'enlarge'}`} onClick=${toggleBig}>
      <canvas ref=${canvas} width="16" height="16"></canvas>
      <span class="word">${words}</span>
    </button>
  </div>`;
}
