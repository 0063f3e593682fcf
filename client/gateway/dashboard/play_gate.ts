/** Lets nobody but the page itself play: on loopback, from the same origin, with the token in the page. */
import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { MAX_PLAY_BODY_BYTES } from "./limits.ts";
import { PLAY_ACTIONS, type PlayAction, type PlayControl, PlayRefusal } from "./play_port.ts";
import { problem } from "./problem.ts";
import { shown } from "./readings.ts";
import type { DashboardSource } from "./source.ts";

const TOKEN_BYTES = 32;
export const TOKEN_HEADER = "x-play-token";

const WORDS: Readonly<Record<PlayAction, string>> = {
  crash: "was crashed: its process got SIGKILL, and keeps nothing but its disk",
  restart: "was started again from its disk, as an honest replica",
  pause: "was paused: its process got SIGSTOP, and does nothing until it is resumed",
  resume: "was resumed, and believes that no time has passed",
  cut: "was cut off from the other replicas: nothing passes between them",
  heal: "was connected to the other replicas again, without delay",
  slow: "was slowed down: what it and the others send each other takes longer",
  corrupt: "was corrupted: it was started again as a liar",
};

/** Judges play requests and has them done. */
export class PlayGate {
  readonly #token = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)).toHex();
  readonly #source: DashboardSource;
  readonly #play: PlayControl;

  constructor(source: DashboardSource, play: PlayControl) {
    this.#source = source;
    this.#play = play;
  }

  /** Returns the token for a page asked for by a name of this machine itself, "" for any other: another site may have a name that leads here. */
  tokenFor(request: Request): string {
    return isLoopback(new URL(request.url)) ? this.#token : "";
  }

  /** Answers `POST /v1/play/{replica}/{action}`. */
  async answer(request: Request, pathname: string): Promise<Response> {
    if (request.method !== "POST") {
      return problem(405, "method", `${request.method} was given; wanted POST`, { allow: "POST" });
    }
    const fault = this.#fault(request);
    if (fault !== null) return problem(403, "play-not-allowed", fault);
    const [replica = "", action = "", ...rest] = pathname.slice("/v1/play/".length).split("/");
    const known = PLAY_ACTIONS.find((each) => each === action);
    if (!Object.hasOwn(this.#play.states(), replica) || known === undefined || rest.length > 0) {
      const wanted = `one of ${Object.keys(this.#play.states()).join(", ")}, and one of ${PLAY_ACTIONS.join(", ")}`;
      return problem(404, "unknown-play", `given ${shown(`${replica}/${action}`)}; wanted ${wanted}`);
    }
    const mode = await modeOf(request);
    return mode === undefined
      ? problem(
        413,
        "too-large",
        `a body was given of more than ${MAX_PLAY_BODY_BYTES} bytes; wanted a mode or nothing`,
      )
      : await this.#act(replica, known, mode === "" ? null : mode);
  }

  async #act(replica: string, action: PlayAction, mode: string | null): Promise<Response> {
    try {
      await this.#play.act(replica, action, mode);
    } catch (error) {
      if (error instanceof PlayRefusal) return problem(409, "play-refused", error.message);
      throw error;
    }
    const how = action === "corrupt" && mode !== null ? ` (${mode})` : "";
    this.#source.note({ kind: "play", text: `${replica} ${WORDS[action]}${how}.` });
    return new Response(JSON.stringify({ replica, action, state: this.#play.states()[replica] }), {
      headers: { "content-type": "application/json", "cache-control": "no-store" },
    });
  }

  #fault(request: Request): string | null {
    const url = new URL(request.url);
    if (!isLoopback(url)) return `it was asked at ${shown(url.hostname)}; wanted a name of this machine itself`;
    const origin = request.headers.get("origin");
    if (origin !== null && origin !== url.origin) return `it came from ${shown(origin)}; wanted ${url.origin}`;
    const site = request.headers.get("sec-fetch-site");
    if (site !== null && site !== "same-origin") {
      return `it came from another site (${shown(site)}); wanted the dashboard`;
    }
    return isEqual(request.headers.get(TOKEN_HEADER) ?? "", this.#token)
      ? null
      : `the token in ${TOKEN_HEADER} is not that of this process; load the page again`;
  }
}

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === "localhost" || hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname);

function isEqual(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Returns the body, a mode or nothing; undefined if it is longer than any. */
async function modeOf(request: Request): Promise<string | undefined> {
  const declared = Number(request.headers.get("content-length") ?? 0);
  if (!(declared <= MAX_PLAY_BODY_BYTES)) return undefined;
  let text = "";
  for await (
    const part of request.body?.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>) ?? []
  ) {
    text += part;
    if (text.length > MAX_PLAY_BODY_BYTES) return undefined;
  }
  return text.trim();
}
