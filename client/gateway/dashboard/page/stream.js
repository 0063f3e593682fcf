/** Server-sent events over `fetch`, so that a token can go with them. Connects again by itself, at once first and then more slowly. */

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5000;
/** A stream that says nothing for so long is given up: snapshots come every second. */
const SILENCE_MS = 8000;
/** Characters of one event; what is longer is none of ours. */
const MAX_EVENT_CHARS = 4_000_000;

/** Parses a stream of server-sent events as it comes. */
export class EventParser {
  #rest = "";
  #event = "message";
  #data = [];
  #onEvent;

  constructor(onEvent) {
    this.#onEvent = onEvent;
  }

  /** Takes the next piece of text. Throws `RangeError` if an event has no end. */
  take(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    if (this.#rest.length > MAX_EVENT_CHARS) throw new RangeError("an event has no end");
    for (const line of lines) this.#line(line);
  }

  #line(line) {
    if (line === "") return this.#end();
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (name === "event") this.#event = value;
    if (name === "data") this.#data.push(value);
  }

  #end() {
    if (this.#data.length > 0) this.#onEvent(this.#event, this.#data.join("\n"));
    this.#event = "message";
    this.#data = [];
  }
}

/** Follows the events at `url` until the page is closed; `onState` is told `open`, or why it is not, and the status of a refusal. */
export async function follow(url, headers, onEvent, onState) {
  let waitMs = FIRST_WAIT_MS;
  for (;;) {
    try {
      await once(url, headers(), (event, data) => {
        waitMs = FIRST_WAIT_MS;
        onState("open");
        onEvent(event, data);
      });
      onState("the gateway ended the stream");
    } catch (error) {
      onState(error.message, error.status);
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }
}

async function once(url, headers, onEvent) {
  const abort = new AbortController();
  let timer = 0;
  const listen = () => {
    clearTimeout(timer);
    timer = setTimeout(() => abort.abort(new Error("the gateway says nothing")), SILENCE_MS);
  };
  listen();
  try {
    const response = await fetch(url, { headers: { ...headers, accept: "text/event-stream" }, signal: abort.signal });
    if (!response.ok) throw Object.assign(new Error(await problemOf(response)), { status: response.status });
    const parser = new EventParser((event, data) => onEvent(event, JSON.parse(data)));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      listen();
      parser.take(value);
    }
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

/** Returns what a problem document says, or the status where there is none. */
export async function problemOf(response) {
  try {
    const { detail, title } = await response.json();
    return detail ?? title ?? `status ${response.status}`;
  } catch {
    return `the gateway answered with status ${response.status}`;
  }
}
