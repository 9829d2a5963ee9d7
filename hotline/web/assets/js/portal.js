// What the citizens' pages add to plain HTML. Search, submit and track work without any of it.
import { startDrafts } from "./drafts.js";
import { startForms } from "./forms.js";
import { startHttp } from "./http.js";
import { startLargeType } from "./large.js";
import { startLists } from "./lists.js";
import { startTimes } from "./reltime.js";
import { startToasts } from "./toast.js";

startHttp();
startToasts();
startForms();
startDrafts();
startLists();
startTimes();
startLargeType();
