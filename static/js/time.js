/*
 * Instants and Shanghai wall time. A `wall` is what a datetime-local field holds: "2026-11-23T09:00". Shanghai has kept
 * +08:00 without summer time since 1992, so the offset is a constant here; the server checks every span again.
 */
import { language } from "./words.js";

const OFFSET = 8 * 3600_000;
const MINUTE = 60_000;
const english = language === "en";
const formats = new Map();

function format(options) {
  const key = JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language, { timeZone: "UTC", ...options }));
  return formats.get(key);
}

/** The wall of an ISO string; one without offset is a wall already. */
export function toWall(text) {
  if (!/(Z|[+-]\d\d:?\d\d)$/.test(text)) return text.slice(0, 16);
  return new Date(Date.parse(text) + OFFSET).toISOString().slice(0, 16);
}

/** The wall of a Date of the calendar widget: its browser-local parts are what it shows. */
export function wallOf(date) {
  const two = (n) => String(n).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

export const toInstant = (wall) => `${wall}:00+08:00`;
const millis = (wall) => Date.parse(`${wall}:00Z`);
export const minutesBetween = (start, end) => Math.round((millis(end) - millis(start)) / MINUTE);
export const addMinutes = (wall, count) => new Date(millis(wall) + count * MINUTE).toISOString().slice(0, 16);
export const nowWall = () => new Date(Date.now() + OFFSET).toISOString().slice(0, 16);
export const isWall = (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(text);

/** 周一 / Mon of "2026-11-23…" */
export const weekday = (wall) => format({ weekday: "short" }).format(millis(`${wall.slice(0, 10)}T00:00`));

/** 11月23日 周一 / Mon 23 Nov */
export function dayWords(wall) {
  const [, month, day] = wall.slice(0, 10).split("-").map(Number);
  if (english) return `${weekday(wall)} ${day} ${format({ month: "short" }).format(millis(`${wall.slice(0, 10)}T00:00`))}`;
  return `${month}月${day}日 ${weekday(wall)}`;
}

/** 11月23日 周一 09:00–11:00 */
export function spanWords(start, end) {
  const clock = (wall) => wall.slice(11, 16);
  const midnight = addMinutes(`${start.slice(0, 10)}T00:00`, 1440);
  const comma = english ? ", " : " ";
  if (end === midnight) return `${dayWords(start)}${comma}${clock(start)}–24:00`;
  if (end.slice(0, 10) === start.slice(0, 10)) return `${dayWords(start)}${comma}${clock(start)}–${clock(end)}`;
  return `${dayWords(start)}${comma}${clock(start)} – ${dayWords(end)}${comma}${clock(end)}`;
}

/** 11月23日 – 29日 of a week or a day; `end` is the day after the last. */
export function rangeWords(start, end) {
  const last = addMinutes(`${end.slice(0, 10)}T00:00`, -1440);
  if (last.slice(0, 10) === start.slice(0, 10)) return dayWords(start);
  const year = start.slice(0, 4) === nowWall().slice(0, 4) ? "" : start.slice(0, 4);
  const [, m1, d1] = start.slice(0, 10).split("-").map(Number);
  const [, m2, d2] = last.slice(0, 10).split("-").map(Number);
  if (english) {
    const month = (wall) => format({ month: "short" }).format(millis(`${wall.slice(0, 10)}T00:00`));
    return `${d1}${m1 === m2 ? "" : ` ${month(start)}`}–${d2} ${month(last)} ${year}`.trim();
  }
  return `${year && `${year}年`}${m1}月${d1}日 – ${m1 === m2 ? "" : `${m2}月`}${d2}日`;
}
