// Rows of a list that are put in order by dragging a grip, with the mouse, a finger or a pen.

import { useRef, useState } from './preact.js';

// A finger this near to the list's edge scrolls it, so many pixels an event.
const EDGE_PX = 36;
const SCROLL_PX = 10;

/**
 * Return the parts of a list whose rows can be dragged: `list` (its ref), `grip(name)` (handlers), `style(name)`,
 * `name` (the row under the finger). `move(name, index)` is called where a row is let go in another place.
 * The rows stay where they are in the page until then, so the finger never loses its row.
 */
export function useRowDrag(order, move) {
  const list = useRef(null);
  // Moves may come faster than the page is drawn, so they are reckoned from here and not from what was drawn.
  const current = useRef(null);
  const [drag, setDrag] = useState(null);
  const change = (next) => {
    current.current = next;
    setDrag(next);
  };

  const begin = (name) => (event) => {
    if (event.button > 0 || current.current) return;
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    event.currentTarget.focus();
    const rows = [...list.current.children].map((row) => ({ top: row.offsetTop, height: row.offsetHeight }));
    const from = order.indexOf(name);
    const scroller = findScroller(list.current);
    change({
      name,
      from,
      to: from,
      rows,
      pointer: event.pointerId,
      y: event.clientY,
      scroller,
      scroll: scroller.scrollTop,
      by: 0,
    });
  };
  const follow = (event) => {
    const now = current.current;
    if (event.pointerId !== now?.pointer) return;
    scrollAtEdge(now.scroller, event.clientY);
    const by = event.clientY - now.y + now.scroller.scrollTop - now.scroll;
    change({ ...now, by, to: placeOf(now.rows, now.from, by) });
  };
  const end = (event) => {
    const now = current.current;
    if (event.pointerId !== now?.pointer) return;
    change(null);
    if (event.type === 'pointerup' && now.to !== now.from) move(now.name, now.to);
  };

  return {
    list,
    name: drag?.name ?? null,
    grip: (name) => ({ onPointerDown: begin(name), onPointerMove: follow, onPointerUp: end, onPointerCancel: end }),
    style: (name) => (drag ? { transform: `translateY(${shiftOf(drag, order.indexOf(name))}px)` } : {}),
  };
}

/** Return the place for a row that was dragged `by` pixels: past each row whose middle its leading edge has crossed. */
function placeOf(rows, from, by) {
  const top = rows[from].top + by;
  const bottom = top + rows[from].height;
  const middle = (row) => row.top + row.height / 2;
  const passed = rows.slice(from + 1).filter((row) => middle(row) < bottom).length;
  const before = rows.slice(0, from).filter((row) => middle(row) > top).length;
  return from + passed - before;
}

/** Return how far the row at `index` is drawn from its place: the dragged one by the finger, others to make room. */
function shiftOf(drag, index) {
  if (index === drag.from) return drag.by;
  const height = drag.rows[drag.from].height;
  if (index > drag.from && index <= drag.to) return -height;
  if (index < drag.from && index >= drag.to) return height;
  return 0;
}

/** Return the list or what is around it, whichever scrolls. */
function findScroller(list) {
  for (let element = list; element; element = element.parentElement) {
    if (element.scrollHeight > element.clientHeight && getComputedStyle(element).overflowY !== 'visible')
      return element;
  }
  return list;
}

function scrollAtEdge(scroller, y) {
  const box = scroller.getBoundingClientRect();
  if (y < box.top + EDGE_PX) scroller.scrollTop -= SCROLL_PX;
  if (y > box.bottom - EDGE_PX) scroller.scrollTop += SCROLL_PX;
}
