// Everything a staff desk needs, in the order in which the parts rely on each other.
import { startDispatch } from "./dispatch.js";
import { startDrafts } from "./drafts.js";
import { startForms } from "./forms.js";
import { startHttp } from "./http.js";
import { startIntake } from "./intake.js";
import { startKeyboard } from "./keyboard.js";
import { startLists } from "./lists.js";
import { startQuality } from "./quality.js";
import { startReasons } from "./reason.js";
import { startTimes } from "./reltime.js";
import { startSocket } from "./socket.js";
import { startTicket } from "./ticket.js";
import { startToasts } from "./toast.js";

startHttp();
startToasts();
startReasons();
startForms();
startDrafts();
startLists();
startKeyboard();
startTimes();
startSocket();
startIntake();
startDispatch();
startTicket();
startQuality();
