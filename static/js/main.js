/* Loaded by every page. Each part adds to a page that works without it. */
import * as confirm from "./confirm.js";
import * as keys from "./keys.js";
import * as open from "./open.js";
import * as theme from "./theme.js";
import { toast } from "./toast.js";
import * as undo from "./undo.js";
import { say } from "./words.js";

confirm.install();
undo.install();
keys.install();
open.install();
theme.install();

document.addEventListener("htmx:sendError", () => toast(say("offline"), { tone: "bad" }));
document.addEventListener("htmx:responseError", () => toast(say("failed"), { tone: "bad" }));
