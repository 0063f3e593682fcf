/** The dashboard: follows the gateway's stream and shows what it says. */
import { addEntries, showChain } from "./chain.js";
import { addPoints, drawCharts } from "./charts.js";
import { byId, clock, count, setAttribute, setText } from "./dom.js";
import { askForToken, startKeys } from "./keys.js";
import { credentials } from "./kv_api.js";
import { showCards } from "./replicas.js";
import { drawRing } from "./ring.js";
import { follow } from "./stream.js";
import { addEvents, filterEvents } from "./timeline.js";

/** Data is old once no snapshot has come for so long. */
const OLD_MS = 3500;
const LOOK_MS = 500;

const WORDS = {
  writable: "Writes are accepted",
  "no-quorum": "Writes wait: too few replicas",
  "no-leader": "Writes wait: no leader yet",
};

let lies = null;
/** Difference between this browser's time of day and the gateway's clock. */
let offsetMs = 0;
let lastAt = null;
let receivedAt = null;
let linkState = "connecting";

const filter = () => byId("timeline-filter").value;
const events = (added, anew) => addEvents(byId("timeline"), byId("timeline-empty"), filter(), added, anew);

/** Adds the time of day to what has a time on the gateway's clock. */
const dated = (items) => items.map((item) => ({ ...item, at: item.at + offsetMs }));

const HANDLERS = {
  hello(hello) {
    offsetMs = Date.now() - hello.now;
    lies = hello.lies;
    byId("play-note").hidden = lies === null;
    addEntries(hello.log, true);
    addPoints(dated(hello.points), true);
    byId("timeline-box").ariaBusy = "true";
    events(dated(hello.timeline), true);
    byId("timeline-box").ariaBusy = "false";
    // What was known when nobody looked for a while is not what is.
    if (hello.snapshot !== null && hello.now - hello.snapshot.at < OLD_MS) show(hello.snapshot);
  },
  snapshot(snapshot) {
    addPoints(dated([snapshot.point]));
    lastAt = snapshot.at + offsetMs;
    receivedAt = performance.now();
    show(snapshot);
    showLink();
  },
  log: (added) => addEntries(added),
  timeline: (added) => events(dated(added), false),
  trouble({ text }) {
    linkState = text;
    showLink();
  },
};

function show(snapshot) {
  const { sizes, leader, term, epoch, log, survival } = snapshot;
  setText(byId("cluster"), snapshot.cluster);
  document.title = `${WORDS[snapshot.verdict]} · ${snapshot.cluster}`;
  setAttribute(byId("verdict"), "data-verdict", survival.verdict);
  setText(byId("verdict-word"), WORDS[snapshot.verdict]);
  setText(byId("survival"), survival.sentence);
  setText(byId("health"), `By the replicas’ own words: ${snapshot.sentence}.`);
  setText(byId("figure-leader"), leader ?? "none");
  setText(byId("figure-term"), count(term));
  setText(byId("figure-epoch"), count(epoch));
  setText(byId("figure-committed"), count(log.committed));
  setText(byId("figure-quorum"), `${sizes.quorum} of ${sizes.n}`);
  setText(byId("figure-f"), sizes.f === 0 ? "none" : `f = ${sizes.f}`);
  drawRing(byId("ring"), snapshot);
  setText(byId("ring-words"), survival.sentence);
  showCards(byId("cards"), snapshot, lies);
  showChain(byId("chain"), byId("heads"), log);
  drawCharts();
}

/** Says whether the data is new. */
function showLink() {
  const isOld = receivedAt === null || performance.now() - receivedAt > OLD_MS;
  setAttribute(byId("link"), "data-old", isOld);
  setAttribute(document.body, "data-old", isOld);
  if (!isOld) return setText(byId("link"), "Live");
  const why = linkState === "open" || linkState === "connecting" ? "" : ` (${linkState})`;
  const since = lastAt === null ? "No data yet" : `Old data: nothing new since ${clock(lastAt)}`;
  setText(byId("link"), `${since}; connecting again by itself${why}`);
}

byId("timeline-filter").addEventListener("change", () => filterEvents(byId("timeline"), filter()));
addEventListener("resize", drawCharts);
setInterval(showLink, LOOK_MS);
startKeys(() => location.reload());
void follow("/v1/dashboard", credentials, (event, data) => HANDLERS[event]?.(data), (state, status) => {
  linkState = state;
  if (status === 401) askForToken();
  showLink();
});
