/*
 * The week of one instrument, beside the form of one's booking. `tm.week` of components/time.html writes the element:
 *   data-week-url   GET ?start=YYYY-MM-DD&end=YYYY-MM-DD -> {"items": [{kind, start, end, position, title, booking_id, mine, status, href}], "version": n}
 *   data-form       selector of the form whose `start` and `end` (datetime-local, Shanghai) are filled by dragging
 *   data-date       day shown first      data-from, data-to   "08:00", "20:00": the hours shown; bookings outside widen them
 *   data-step       minutes one drag moves by               data-length   minutes of a block that is set by a click
 * A change made here fires `change` on the form's fields, so that htmx checks it as if it were typed. When the answer
 * holds a broken rule (.is-broken), the block is drawn as clashing.
 */
import { buttons, common, load, mendRoles, past, toEvent } from "./calendar.js";
import { addMinutes, isWall, minutesBetween, nowWall, spanWords, toInstant, wallOf, weekday } from "./time.js";
import { toast } from "./toast.js";
import { say } from "./words.js";

const REFRESH = 60_000;
const phone = matchMedia("(max-width: 48rem)");

class Week {
  constructor(root) {
    this.root = root;
    this.form = document.querySelector(root.dataset.form);
    this.step = Number(root.dataset.step) || 30;
    this.length = Number(root.dataset.length) || 60;
    this.box = root.querySelector("[data-week-box]");
    this.box.hidden = false;
    root.querySelector("[data-week-plain]")?.removeAttribute("open");
    this.live = root.querySelector("[data-week-live]");
    this.calendar = EventCalendar.create(this.box, this.options());
    mendRoles(this.box, root.dataset.name);
    this.readForm();
    this.listen();
  }

  options() {
    const editable = Boolean(this.form);
    return {
      ...common,
      view: phone.matches ? "timeGridDay" : "timeGridWeek",
      date: this.wish()?.start.slice(0, 10) ?? this.root.dataset.date ?? nowWall().slice(0, 10),
      headerToolbar: { start: "prev,today,next", center: "title", end: "" },
      buttonText: buttons("earlierWeek", "laterWeek"),
      views: { timeGridDay: { buttonText: buttons("earlierDay", "laterDay") } },
      dayHeaderFormat: (day) => dayHead(wallOf(day)),
      slotMinTime: this.root.dataset.from || "08:00",
      slotMaxTime: this.root.dataset.to || "20:00",
      scrollTime: "08:00",
      flexibleSlotTimeLimits: true,
      slotDuration: "00:30",
      slotHeight: 22,
      snapDuration: { minutes: this.step },
      selectable: editable,
      editable,
      selectLongPressDelay: 350,
      eventLongPressDelay: 250,
      dragScroll: true,
      eventSources: [{ events: (info) => this.items(info) }],
      select: (info) => {
        this.calendar.unselect();
        this.choose(info.startStr.slice(0, 16), info.endStr.slice(0, 16));
      },
      dateClick: (info) => {
        const start = info.dateStr.slice(0, 16);
        this.choose(start, addMinutes(start, this.wish() ? this.minutes() : this.length));
      },
      eventDrop: (info) => this.moved(info.event),
      eventResize: (info) => this.moved(info.event),
    };
  }

  async items(info) {
    try {
      const { items } = await load(this.root.dataset.weekUrl, info);
      const shown = items.filter((item) => item.kind !== "open").map((item) => toEvent(item));
      return [...past(info.startStr.slice(0, 16)), ...shown, ...this.wishEvents()];
    } catch {
      toast(say("weekFailed"), { tone: "bad" });
      return [];
    }
  }

  /** The span in the form, or null while it is not whole. */
  wish() {
    const start = this.form?.elements.start?.value.slice(0, 16) ?? "";
    const end = this.form?.elements.end?.value.slice(0, 16) ?? "";
    return isWall(start) && isWall(end) && start < end ? { start, end } : null;
  }

  minutes() {
    const { start, end } = this.wish();
    return minutesBetween(start, end);
  }

  wishEvents() {
    const wish = this.wish();
    if (!wish) return [];
    const broken = this.form.querySelector(".is-broken") || document.querySelector(`[data-check-of="${this.form.id}"] .is-broken`);
    return [{
      id: "wish", start: toInstant(wish.start), end: toInstant(wish.end), title: say("yourBooking"), editable: true,
      classNames: ["is-wish", ...(broken ? ["is-clash"] : [])],
    }];
  }

  draw() {
    this.calendar.removeEventById("wish");
    for (const event of this.wishEvents()) this.calendar.addEvent(event);
  }

  choose(start, end) {
    const { elements } = this.form;
    elements.start.value = start;
    elements.end.value = end;
    this.draw();
    this.live.textContent = spanWords(start, end);
    elements.start.dispatchEvent(new Event("change", { bubbles: true }));
  }

  moved(event) {
    this.choose(wallOf(event.start), wallOf(event.end));
  }

  readForm() {
    this.draw();
    const wish = this.wish();
    const view = this.calendar.getView();
    if (wish && (wish.start < wallOf(view.currentStart) || wish.start >= wallOf(view.currentEnd))) {
      this.calendar.setOption("date", wish.start.slice(0, 10));
    }
  }

  listen() {
    this.form?.addEventListener("change", (event) => {
      if (event.target.name === "start" || event.target.name === "end") this.readForm();
    });
    document.addEventListener("htmx:afterSwap", () => this.draw());
    document.addEventListener("click", (event) => this.take(event));
    this.root.querySelector("[data-week-hand]")?.addEventListener("keydown", (event) => this.byKeys(event));
    phone.addEventListener("change", () => this.calendar.setOption("view", phone.matches ? "timeGridDay" : "timeGridWeek"));
    setInterval(() => document.visibilityState === "visible" && this.calendar.refetchEvents(), REFRESH);
  }

  /** Free time that is offered instead fills the form, so that what was typed stays. */
  take(event) {
    const offered = event.target.closest?.("[data-take-start]");
    if (!offered || !this.form || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.choose(offered.dataset.takeStart, offered.dataset.takeEnd);
    this.readForm();
  }

  /** Arrows move the block by a step or a day, with Shift they change its length; Enter goes on to the form. */
  byKeys(event) {
    const by = { ArrowUp: -this.step, ArrowDown: this.step, ArrowLeft: -1440, ArrowRight: 1440, PageUp: -10080, PageDown: 10080 }[event.key];
    if (event.key === "Enter") this.form.elements.start.focus();
    if (event.key === "Enter" || by) event.preventDefault();
    if (!by) return;
    const wish = this.wish() ?? this.firstWish();
    const longer = event.shiftKey && Math.abs(by) === this.step;
    const start = longer ? wish.start : addMinutes(wish.start, by);
    const end = addMinutes(wish.end, by);
    if (start < end) {
      this.choose(start, end);
      this.readForm();
    }
  }

  firstWish() {
    const shown = wallOf(this.calendar.getView().currentStart).slice(0, 10);
    const day = shown > nowWall().slice(0, 10) ? shown : addMinutes(`${nowWall().slice(0, 10)}T00:00`, 1440).slice(0, 10);
    const start = `${day}T09:00`;
    return { start, end: addMinutes(start, this.length) };
  }
}

/** 周一 23 over each column. */
function dayHead(wall) {
  const word = document.createElement("span");
  word.textContent = weekday(wall);
  const number = document.createElement("strong");
  number.textContent = String(Number(wall.slice(8, 10)));
  return { domNodes: [word, number] };
}

for (const root of document.querySelectorAll("[data-week-url]")) new Week(root);
