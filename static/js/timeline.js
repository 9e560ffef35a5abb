/*
 * All my instruments over a week or a day, for the manager. `tm.timeline` of components/time.html writes the element:
 *   data-timeline-url  GET ?start=&end= -> {"resources": [{id, title, href}], "items": [{resource_id, kind, start, end, title,
 *                      booking_id, number, status, movable, href}], "version": n}
 *   data-move          id of a <dialog> whose form has booking_id, instrument_id, start, end and a reason: dropping a booking
 *                      opens it filled; closing it without sending puts the booking back
 *   data-block         the same for painting over free time: instrument_id, start, end, reason
 */
import { buttons, common, load, mendRoles, past, toEvent } from "./calendar.js";
import { dayWords, nowWall, spanWords, wallOf } from "./time.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

const REFRESH = 60_000;
const phone = matchMedia("(max-width: 48rem)");

class Timeline {
  constructor(root) {
    this.root = root;
    this.box = root.querySelector("[data-timeline-box]");
    this.box.hidden = false;
    root.querySelector("[data-timeline-plain]")?.removeAttribute("open");
    this.calendar = EventCalendar.create(this.box, this.options());
    mendRoles(this.box, root.dataset.name);
    setInterval(() => document.visibilityState === "visible" && !document.querySelector("dialog[open]") && this.calendar.refetchEvents(), REFRESH);
  }

  options() {
    return {
      ...common,
      view: phone.matches ? "resourceTimelineDay" : "resourceTimelineWeek",
      date: this.root.dataset.date ?? nowWall().slice(0, 10),
      headerToolbar: { start: "prev,today,next", center: "title", end: "resourceTimelineDay,resourceTimelineWeek" },
      buttonText: (text) => ({ ...buttons("earlierWeek", "laterWeek")(text), resourceTimelineDay: say("day"), resourceTimelineWeek: say("week") }),
      dayHeaderFormat: (day) => dayWords(wallOf(day)),
      slotMinTime: this.root.dataset.from || "08:00",
      slotMaxTime: this.root.dataset.to || "20:00",
      flexibleSlotTimeLimits: true,
      slotDuration: "01:00",
      slotWidth: 28,
      slotLabelInterval: "04:00",
      snapDuration: "00:30",
      displayEventEnd: true,
      selectable: Boolean(this.root.dataset.block),
      eventStartEditable: true,
      eventDurationEditable: false,
      resources: [],
      resourceLabelContent: (info) => resourceLabel(info.resource),
      eventSources: [{ events: (info) => this.items(info) }],
      eventDrop: (info) => this.proposeMove(info),
      select: (info) => this.proposeBlock(info),
    };
  }

  async items(info) {
    try {
      const { resources, items } = await load(this.root.dataset.timelineUrl, info);
      this.calendar.setOption("resources", resources.map((one) => ({ id: one.id, title: one.title, extendedProps: one })));
      const every = resources.map((one) => one.id);
      const shown = items
        .filter((item) => item.kind !== "open")
        .map((item) => toEvent(item, { resourceIds: [item.resource_id], startEditable: Boolean(item.movable && this.root.dataset.move) }));
      return [...past(info.startStr.slice(0, 16), { resourceIds: every }), ...shown];
    } catch {
      toast(say("weekFailed"), { tone: "bad" });
      return [];
    }
  }

  proposeMove({ event, revert }) {
    const item = event.extendedProps;
    this.ask(this.root.dataset.move, revert, {
      booking_id: item.booking_id, instrument_id: event.resourceIds[0], start: wallOf(event.start), end: wallOf(event.end),
    }, `${item.number ?? ""} ${event.title}`.trim(), event.start, event.end);
  }

  proposeBlock({ start, end, resource }) {
    this.calendar.unselect();
    this.ask(this.root.dataset.block, () => {}, { instrument_id: resource.id, start: wallOf(start), end: wallOf(end) }, resource.title, start, end);
  }

  /** Open the dialog with its fields filled; [data-what] and [data-when] in it show what it is about. */
  ask(id, revert, values, what, start, end) {
    const dialog = document.getElementById(id);
    const form = dialog.querySelector("form:not([method=dialog])");
    for (const [name, value] of Object.entries(values)) {
      if (form.elements[name]) form.elements[name].value = value;
    }
    if (form.dataset.action) form.action = form.dataset.action.replace("{booking_id}", values.booking_id ?? "").replace("{instrument_id}", values.instrument_id);
    const said = { "[data-what]": what, "[data-when]": spanWords(wallOf(start), wallOf(end)) };
    for (const [place, text] of Object.entries(said)) {
      const node = dialog.querySelector(place);
      if (node) node.textContent = text;
    }
    let sent = false;
    form.addEventListener("submit", () => (sent = true), { once: true });
    dialog.addEventListener("close", () => sent || revert(), { once: true });
    dialog.showModal();
  }
}

function resourceLabel(resource) {
  const { href } = resource.extendedProps;
  const node = document.createElement(href ? "a" : "span");
  node.textContent = resource.title;
  if (href) node.href = href;
  return { domNodes: [node] };
}

for (const root of document.querySelectorAll("[data-timeline-url]")) new Timeline(root);
