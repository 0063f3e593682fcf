/** Replicas that give clients false results, or right ones too early or too late (§7.2, §7.4, §12). */
import { sha256Hex } from "../../../../crypto/digest.ts";
import type { Head } from "../../../../protocol/entry.ts";
import { type ClientId, type LogIndex, offset, type Term } from "../../../../protocol/ids.ts";
import { applyRequest, createSessionTable } from "../../../../protocol/snapshot/session_table.ts";
import type { SessionBounds } from "../../../../protocol/snapshot/session_types.ts";
import type { QueryAnswer } from "../../../../replica/answers/replier.ts";
import { sessionAnswer } from "../../../../replica/core/clients/session_answer.ts";
import { headAt, lastIndex } from "../../../../replica/core/log/log.ts";
import type { SessionAnswer } from "../../../../replica/core/output.ts";
import type { CoreState } from "../../../../replica/core/state.ts";
import { KvStore } from "../../../../state_machine/mod.ts";
import { queryResultCodec } from "../../../../transport/codec/mod.ts";
import { contextAt } from "../../../support/contexts.ts";
import { executing } from "../../../support/executors.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import type { Archive } from "../support/archive.ts";
import { createRhythm, honestStates, quorumIn } from "../support/craft.ts";

interface ForecastAnswer extends SessionAnswer {
  readonly client: ClientId;
}

/** The state that a log leads to, without waiting for any commit. */
class Forecast {
  readonly store = new KvStore();
  readonly #sessions;
  #applied = 0 as LogIndex;
  #hash: string | null = null;

  constructor(bounds: SessionBounds) {
    this.#sessions = createSessionTable(bounds);
  }

  /** Applies the chain that ends in `head`; returns every new answer with its client, or null if it does not continue this state. */
  follow(archive: Archive, head: Head): ForecastAnswer[] | null {
    const last = this.#applied === 0 ? [] : [{ index: this.#applied, hash: this.#hash }];
    const chain = archive.chain(head, offset(this.#applied, -last.length));
    if (chain === null || last.some(({ hash }) => chain[0]?.hash !== hash)) return null;
    return chain.slice(last.length).flatMap(({ entry, hash }) => {
      this.#applied = entry.index;
      this.#hash = hash;
      return (entry.requests ?? []).map(({ message, body }) => {
        const answer = applyRequest(this.#sessions, message, sha256Hex(body), entry.index, executing(this.store));
        return { ...sessionAnswer(message, answer), client: message.client };
      });
    });
  }
}

/** Returns a forecast of the log of `state` up to `upTo`, continued from `known` if possible. */
function forecast(known: Forecast | null, { colluders }: FaultyReplica, { config, log }: CoreState, upTo: LogIndex) {
  const head = headAt(log, upTo);
  const more = known?.follow(colluders.archive, head) ?? null;
  if (known !== null && more !== null) return { at: known, answers: more };
  const at = new Forecast(config.constants);
  return { at, answers: at.follow(colluders.archive, head) ?? [] };
}

/**
 * Confirms a request as soon as it is on any log, with the result it will have if it is ever committed; and answers fast reads as the
 * replicas would that have applied least, so that old values find a quorum.
 */
const earlyReplier: Actor = (faultyReplica) => {
  const { colluders, config } = faultyReplica;
  const due = createRhythm(faultyReplica, 5);
  const told = new Set<string>();
  let ahead: Forecast | null = null;
  let behind: Forecast | null = null;
  const tell = ({ client, ...answer }: ForecastAnswer) => {
    const key = `${answer.request} ${answer.outcome} ${answer.index} ${answer.result.join(" ")}`;
    if (told.has(key)) return;
    told.add(key);
    colluders.reply(config.self, { client, answers: [answer] });
  };
  return {
    corrupt(outgoing) {
      if (!due()) return outgoing;
      const longest = honestStates(faultyReplica).sort(([, a], [, b]) => lastIndex(b.log) - lastIndex(a.log))[0]?.[1];
      if (!longest) return outgoing;
      const next = forecast(ahead, faultyReplica, longest, lastIndex(longest.log));
      ahead = next.at;
      next.answers.forEach(tell);
      return outgoing;
    },
    reads(honest: QueryAnswer, query: Uint8Array) {
      const laggard = laggardOf(faultyReplica);
      if (!honest.ok || laggard === null) return honest;
      behind = forecast(behind, faultyReplica, laggard, laggard.appliedIndex).at;
      return { ok: true, payload: queryResultCodec.encode(behind.store.query(query, contextAt())) };
    },
  };
};

/** Returns, of the honest states that could become a quorum's with the colluders' answers, the one that has applied least. */
function laggardOf(faultyReplica: FaultyReplica): CoreState | null {
  const { quorum } = quorumIn(faultyReplica.colluders);
  const states = honestStates(faultyReplica).map(([, state]) => state).sort((a, b) => a.appliedIndex - b.appliedIndex);
  const needed = quorum - faultyReplica.colluders.members.length;
  const alike = (state: CoreState) => states.filter(({ appliedIndex }) => appliedIndex === state.appliedIndex).length;
  return states.find((state) => alike(state) >= needed) ?? states[0] ?? null;
}

/** False versions of an answer. All colluders give the same one. */
const LIES: readonly ((answer: SessionAnswer) => SessionAnswer)[] = [
  (answer) => ({ ...answer, result: answer.result.map((byte, i) => i === answer.result.length - 1 ? byte ^ 1 : byte) }),
  (answer) => ({ ...answer, index: (answer.index + 1) as LogIndex }),
  (answer) => ({ ...answer, outcome: "expired", result: new Uint8Array(0) }),
  (answer) => ({ ...answer, outcome: "unexecuted", result: new Uint8Array(0) }),
  (answer) => ({ ...answer, outcome: "void", index: Number.MAX_SAFE_INTEGER as LogIndex, result: new Uint8Array(0) }),
  (answer) => ({ ...answer, outcome: answer.outcome === "unknown" ? "applied" : "unknown" }),
];

/**
 * Answers every client, and every fast read, with something other than it computed. It also sends clients to a leader of its choice, in
 * terms that cannot be outbid.
 */
const falseReplier: Actor = ({ colluders, config }) => ({
  hints: ({ term }) => ({
    leader: colluders.rng.pick([config.self, ...config.replicas]),
    term: colluders.rng.pick([term, Number.MAX_SAFE_INTEGER as Term]),
  }),
  answers: (
    reply,
  ) => [{
    ...reply,
    answers: reply.answers.map((each) => LIES[parseInt(each.request.slice(-6), 16) % LIES.length]!(each)),
  }],
  reads: (honest) => ({ ok: true, payload: honest.payload.map((byte, i) => i % 8 === 7 ? byte ^ 1 : byte) }),
});

export const REPLIERS: Readonly<Record<string, Actor>> = {
  "early-replier": earlyReplier,
  "false-replier": falseReplier,
};
