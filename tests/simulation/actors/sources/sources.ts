/** A source for catching up that serves anything but what was requested (§8.1, §12). */
import type { Certificate } from "../../../../protocol/certificate.ts";
import type { Entry } from "../../../../protocol/entry.ts";
import { joinRequests } from "../../../../protocol/entry_body.ts";
import type { FetchEntries } from "../../../../protocol/message.ts";
import { far, laterTerm } from "../../../../replica/byzantine/lies.ts";
import { hashAt, slice } from "../../../../replica/core/log/log.ts";
import type { Actor, FaultyReplica } from "../actor.ts";
import { boast, createRhythm, honestStates, ranked, Speaker } from "../support/craft.ts";

/** One answer; its nonce and start are those of the question unless given. */
interface Answer {
  readonly entries: readonly Entry[];
  readonly certificate: Certificate | null;
  readonly nonce?: number;
  readonly from?: FetchEntries["from"];
}

/** The material a source can lie with. */
interface Shelf {
  readonly faultyReplica: FaultyReplica;
  readonly asked: FetchEntries;
  /** The entries requested, as far as this replica has them. */
  readonly entries: readonly Entry[];
  readonly newest: Certificate | null;
}

type Lie = (shelf: Shelf) => readonly Answer[];

const LIES: readonly Lie[] = [
  /** One entry emptied, under the genuine certificate. */
  (
    { entries, newest },
  ) => [{ entries: entries.map((entry, i) => i === 0 ? emptied(entry) : entry), certificate: newest }],
  /** Entries of another term, of another branch, of other places. */
  ({ entries, newest }) => [{
    entries: entries.map((entry) => ({ ...entry, term: laterTerm(entry.term, 1) })),
    certificate: newest,
  }],
  ({ faultyReplica, asked, newest }) => [{ entries: otherBranch(faultyReplica, asked), certificate: newest }],
  ({ entries, newest }) => [{ entries: entries.slice(1), certificate: newest }],
  /** The right ones without a certificate, and under certificates that are for something else. */
  ({ entries }) => [{ entries, certificate: null }],
  ({ faultyReplica, entries }) => [{ entries, certificate: faultyReplica.colluders.rng.pick(ranked(faultyReplica)) }],
  ({ entries, newest }) => [{ entries, certificate: newest && swollen(newest) }],
  /** One at a time, and the same one again and again. */
  ({ entries, newest, asked }) =>
    entries.slice(0, 4).map((entry, i) => ({ entries: [entry], certificate: newest, from: far(asked.from, i) })),
  ({ entries, newest }) => [1, 2, 3].map(() => ({ entries: entries.slice(0, 1), certificate: newest })),
  /** Nothing, with and without a certificate that promises much. */
  ({ newest }) => [{ entries: [], certificate: newest }],
  () => [],
  /** An answer to another question. */
  ({ entries, newest, asked }) => [{ entries, certificate: newest, nonce: asked.nonce + 1 }],
  /** More than all: the entries twice over. */
  ({ entries, newest }) => [{ entries: [...entries, ...entries], certificate: newest }],
  /** The truth, once. */
  ({ entries, newest }) => [{ entries, certificate: newest }],
];

/**
 * Claims to be far ahead, so that it is asked, and answers with one lie after the other; it also sends what it was not asked for. Its
 * core is honest otherwise.
 */
const badSource: Actor = (faultyReplica) => {
  const { config, colluders } = faultyReplica;
  const speaker = new Speaker(faultyReplica);
  const due = createRhythm(faultyReplica, 3 * config.constants.heartbeatMs);
  let turn = colluders.rng.int(0, LIES.length - 1);
  const serve = (asked: FetchEntries) => lie(faultyReplica, speaker, asked, LIES[turn++ % LIES.length]!);
  return {
    corrupt(outgoing) {
      if (due()) openCatchUps(faultyReplica).forEach(serve);
      return outgoing.map((each) => boast(each));
    },
    swallows(input) {
      if (input.kind !== "packet" || input.packet.kind !== "FetchEntries") return false;
      serve(input.packet.signed.message);
      return true;
    },
  };
};

function lie(faultyReplica: FaultyReplica, speaker: Speaker, asked: FetchEntries, chosen: Lie): void {
  const { log, commitCertificate } = faultyReplica.state;
  const entries = log.entries.slice(asked.from - log.base.index - 1, asked.from + 63 - log.base.index)
    .map(({ entry }) => entry);
  for (const answer of chosen({ faultyReplica, asked, entries, newest: commitCertificate })) {
    const { nonce = asked.nonce, from = asked.from } = answer;
    const signed = { kind: "FetchEntriesResponse", replica: speaker.self, nonce, from } as const;
    const { certificate } = answer;
    speaker.say([asked.replica], {
      kind: "FetchEntriesResponse",
      signed,
      entries: answer.entries,
      certificate,
      checkpoint: null,
    });
  }
}

/** Returns the requests of catch-ups that wait for another source. */
export const openCatchUps = (faultyReplica: FaultyReplica): FetchEntries[] =>
  honestStates(faultyReplica).flatMap(([replica, { catchUp: { active } }]) =>
    active === null ? [] : [{
      kind: "FetchEntries",
      ...{ replica, nonce: active.nonce, head: active.target, maxBytes: 0 },
      from: far(active.anchor.index, active.collected.length + 1),
    }]
  );

const emptied = ({ index, term }: Entry): Entry => ({ index, term, body: joinRequests([]), requests: [] });

/** Returns entries after `from` of a log that differs from this replica's. */
function otherBranch(faultyReplica: FaultyReplica, { from }: FetchEntries): readonly Entry[] {
  const own = hashAt(faultyReplica.state.log, from);
  const other = honestStates(faultyReplica).find(([, { log }]) => log.base.index < from && hashAt(log, from) !== own)
    ?.[1];
  return other === undefined ? [] : slice(other.log, far(from, -1), far(from, 63)).map(({ entry }) => entry);
}

/** Returns a certificate with one signature twice. */
const swollen = (certificate: Certificate): Certificate => ({
  ...certificate,
  responses: [...certificate.responses.slice(1), certificate.responses.at(-1)!],
});

export const SOURCES: Readonly<Record<string, Actor>> = { "bad-source": badSource };
