/* What the week of one instrument and the timeline of many share: kinds of items, loading, formats, names of buttons. */
import { addMinutes, nowWall, rangeWords, spanWords, toInstant, toWall, wallOf } from "./time.js";
import { language, say } from "./words.js";

const GROUND = new Set(["closed", "open", "buffer"]);

/** One item of the server's JSON as an event of the widget; its fill is the one of swatches and bands elsewhere. */
export function toEvent(item, more = {}) {
  const taken = item.kind === "booking" || item.kind === "hold";
  const state = item.kind === "hold" ? "requested" : taken ? (item.status ?? "approved") : item.kind;
  return {
    id: `${item.kind}:${item.booking_id ?? item.id ?? ""}:${item.position ?? 0}:${item.start}`,
    start: item.start,
    end: item.end,
    title: item.title || say({ booking: "taken", hold: "held", block: "blocked" }[item.kind] ?? ""),
    display: GROUND.has(item.kind) ? "background" : "auto",
    classNames: [`is-${state.replace("_", "-")}`, taken && item.mine ? "is-mine" : "is-other"],
    editable: false,
    extendedProps: item,
    ...more,
  };
}

/** What has passed of the time shown, as a background. `start` is a wall. */
export function past(start, more = {}) {
  const now = nowWall();
  if (start >= now) return [];
  return [{ id: "past", start: toInstant(start), end: toInstant(now), display: "background", classNames: ["is-past"], ...more }];
}

/** The JSON of a span of days. Throws when it does not arrive; an unchanged week is answered from the browser's cache. */
export async function load(url, info) {
  const address = new URL(url, location.href);
  address.searchParams.set("start", info.startStr.slice(0, 10));
  address.searchParams.set("end", info.endStr.slice(0, 10));
  const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  if (!answer.ok) throw new Error(`${address.pathname}: ${answer.status}`);
  return answer.json();
}

/** Clock over title; one's own booking is a link to it. */
export function content(info) {
  const { event } = info;
  if (event.display === "background") return undefined;
  const title = line(event.extendedProps.href ? "a" : "div", "ec-event-title", event.title);
  if (event.extendedProps.href) title.href = event.extendedProps.href;
  return { domNodes: [line("div", "ec-event-time", info.timeText), title] };
}

function line(tag, style, text) {
  const node = document.createElement(tag);
  node.className = style;
  node.textContent = text;
  return node;
}

/** What a pointer at rest learns of an event, also when its box is too small for words. */
export function label(info) {
  if (info.event.display === "background") return;
  info.el.title = `${spanWords(wallOf(info.event.start), wallOf(info.event.end))} ${info.event.title}`;
}

export const common = {
  timeZone: "+08:00",
  locale: language,
  firstDay: 1,
  allDaySlot: false,
  nowIndicator: true,
  unselectAuto: false,
  slotLabelFormat: (at) => wallOf(at).slice(11),
  eventTimeFormat: (start, end) => `${wallOf(start).slice(11)}–${wallOf(end).slice(11).replace("00:00", "24:00")}`,
  titleFormat: (start, end) => rangeWords(wallOf(start), addMinutes(wallOf(end ?? start), 1440)),
  eventContent: content,
  eventDidMount: label,
};

/** Texts of every button; one without is drawn empty. */
export function buttons(earlier, later) {
  return (text) => ({ ...text, today: say("today"), prev: say(earlier), next: say(later), close: say("close") });
}

/**
 * The widget calls itself a table and is none for a screen reader (the plain table beside it is): take those roles away.
 * Its parts are drawn again at will, so they are watched.
 */
export function mendRoles(root, name) {
  const mend = () => {
    for (const part of root.querySelectorAll("[role=table], [role=row], [role=rowgroup], [role=cell], [role=columnheader], [role=rowheader]")) {
      for (const attribute of ["role", "aria-colindex", "aria-rowindex", "aria-colcount", "aria-rowcount"]) part.removeAttribute(attribute);
    }
    root.querySelector(".ec-toolbar")?.setAttribute("aria-label", name);
  };
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", name);
  mend();
  new MutationObserver(mend).observe(root, { childList: true, subtree: true });
}
